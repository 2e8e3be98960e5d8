const password = 'Correct-horse-1815';
const { url } = Cypress.env('emulator');

const post = (path, body) => cy.request({ method: 'POST', url: url + path, body });

beforeEach(() => post('/_emulator/reset?seed=true'));

// A test of an application visits its page, which has `url` as its base URL; this one signs in as the page does.
it('signs Ada in, and keeps her signed in', () => {
  post('/identity/resources/auth/v1/user', { email: 'ada@acme.test', password }).its('status').should('equal', 200);
  post('/identity/resources/auth/v1/user/token/refresh', {}).its('body.accessToken').should('be.a', 'string');
});
