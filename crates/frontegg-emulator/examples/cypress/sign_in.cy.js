const password = 'Correct-horse-1815';
const { url, clientId, apiKey } = Cypress.env('emulator');

const post = (path, body, headers) => cy.request({ method: 'POST', url: url + path, body, headers });

beforeEach(() => {
  post('/_emulator/reset');
  post('/auth/vendor', { clientId, secret: apiKey }).then((environment) => {
    const headers = { authorization: `Bearer ${environment.body.token}`, 'frontegg-tenant-id': 'acme' };
    post('/tenants/resources/tenants/v1', { tenantId: 'acme', name: 'Acme' }, headers);
    post('/identity/resources/users/v2', { email: 'ada@acme.test', password, skipInviteEmail: true }, headers);
  });
});

// A test of an application visits its page, which has `url` as its base URL; this one signs in as the page does.
it('signs Ada in, and keeps her signed in', () => {
  post('/identity/resources/auth/v1/user', { email: 'ada@acme.test', password }).its('status').should('equal', 200);
  post('/identity/resources/auth/v1/user/token/refresh', {}).its('body.accessToken').should('be.a', 'string');
});
