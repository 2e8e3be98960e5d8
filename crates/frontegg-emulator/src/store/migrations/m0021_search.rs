//! What people are searched by, in one text a person, one line for each of their name, addresses, usernames and numbers.
//! The database itself keeps it in step with the tables that it is made of.

use super::{SqlMigration, triggers::Triggers};

pub(super) const MIGRATION: SqlMigration = SqlMigration {
    name: "m0021_search",
    up: "
CREATE TABLE search_texts (
    user_id TEXT NOT NULL PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE VIEW texts_to_search AS SELECT users.id AS user_id,
    COALESCE(users.name_folded, '')
    || COALESCE((SELECT string_agg('\n' || email_folded, '') FROM user_emails
        WHERE user_emails.user_id = users.id AND (user_emails.verified OR user_emails.is_primary)), '')
    || COALESCE((SELECT string_agg('\n' || username, '') FROM usernames
        WHERE usernames.user_id = users.id), '')
    || COALESCE((SELECT string_agg('\n' || phone_numbers.phone_number, '') FROM phone_numbers
        WHERE phone_numbers.user_id = users.id AND phone_numbers.verified), '') AS text
    FROM users;
INSERT INTO search_texts SELECT user_id, text FROM texts_to_search;
",
};

/// Addresses and numbers are there from when they count.
pub(super) const TRIGGERS: Triggers = Triggers {
    sqlite: "
CREATE TRIGGER users_searched AFTER INSERT ON users BEGIN
    INSERT INTO search_texts VALUES (NEW.id, COALESCE(NEW.name_folded, ''));
END;
CREATE TRIGGER users_searched_anew AFTER UPDATE OF name_folded ON users BEGIN
    UPDATE search_texts SET text = (SELECT text FROM texts_to_search WHERE user_id = NEW.id) WHERE user_id = NEW.id;
END;
CREATE TRIGGER emails_searched AFTER INSERT ON user_emails WHEN NEW.verified OR NEW.is_primary BEGIN
    UPDATE search_texts SET text = text || char(10) || NEW.email_folded WHERE user_id = NEW.user_id;
END;
CREATE TRIGGER emails_searched_anew
    AFTER UPDATE OF email_folded, verified, is_primary, user_id ON user_emails BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id IN (OLD.user_id, NEW.user_id);
END;
CREATE TRIGGER emails_searched_no_more AFTER DELETE ON user_emails WHEN OLD.verified OR OLD.is_primary BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id = OLD.user_id
        AND EXISTS (SELECT 1 FROM users WHERE users.id = OLD.user_id);
END;
CREATE TRIGGER usernames_searched AFTER INSERT ON usernames BEGIN
    UPDATE search_texts SET text = text || char(10) || NEW.username WHERE user_id = NEW.user_id;
END;
CREATE TRIGGER usernames_searched_anew AFTER UPDATE OF username, user_id ON usernames BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id IN (OLD.user_id, NEW.user_id);
END;
CREATE TRIGGER usernames_searched_no_more AFTER DELETE ON usernames BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id = OLD.user_id
        AND EXISTS (SELECT 1 FROM users WHERE users.id = OLD.user_id);
END;
CREATE TRIGGER numbers_searched AFTER INSERT ON phone_numbers WHEN NEW.verified BEGIN
    UPDATE search_texts SET text = text || char(10) || NEW.phone_number WHERE user_id = NEW.user_id;
END;
CREATE TRIGGER numbers_searched_anew AFTER UPDATE OF phone_number, verified, user_id ON phone_numbers BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id IN (OLD.user_id, NEW.user_id);
END;
CREATE TRIGGER numbers_searched_no_more AFTER DELETE ON phone_numbers WHEN OLD.verified BEGIN
    UPDATE search_texts SET text = (SELECT kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id) WHERE user_id = OLD.user_id
        AND EXISTS (SELECT 1 FROM users WHERE users.id = OLD.user_id);
END;
",
    postgres: "
CREATE FUNCTION search_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_texts VALUES (NEW.id, COALESCE(NEW.name_folded, ''));
    RETURN NULL;
END $$;
CREATE FUNCTION search_person_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE search_texts SET text = kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id AND search_texts.user_id = NEW.id;
    RETURN NULL;
END $$;
CREATE FUNCTION search_identifiers_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE search_texts SET text = kept.text FROM texts_to_search AS kept
        WHERE kept.user_id = search_texts.user_id AND search_texts.user_id IN (NEW.user_id, OLD.user_id);
    RETURN NULL;
END $$;
CREATE TRIGGER users_searched AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION search_person();
CREATE TRIGGER users_searched_anew AFTER UPDATE OF name_folded ON users
    FOR EACH ROW EXECUTE FUNCTION search_person_anew();
CREATE TRIGGER emails_searched AFTER INSERT OR DELETE OR UPDATE OF email_folded, verified, is_primary, user_id
    ON user_emails FOR EACH ROW EXECUTE FUNCTION search_identifiers_anew();
CREATE TRIGGER usernames_searched AFTER INSERT OR DELETE OR UPDATE OF username, user_id
    ON usernames FOR EACH ROW EXECUTE FUNCTION search_identifiers_anew();
CREATE TRIGGER numbers_searched AFTER INSERT OR DELETE OR UPDATE OF phone_number, verified, user_id
    ON phone_numbers FOR EACH ROW EXECUTE FUNCTION search_identifiers_anew();
",
};
