"""Who a browser's person is: nobody's name gets into the database, and no cookie makes one person another."""

from types import SimpleNamespace

import pytest

from mmdemo.feedback.persons import checked_person
from mmdemo.ui import person_identity

NAME = "ada@example.org"


class SignedIn(dict):
    is_logged_in = True


@pytest.fixture
def browser(monkeypatch):
    """Sets what the browser sent, and who signed in."""

    def send(cookie: str = "", user: object = None, session: dict | None = None):
        known = {} if session is None else session
        cookies = {person_identity.COOKIE: cookie} if cookie else {}
        scripts: list[str] = []
        fake = SimpleNamespace(
            user=user,
            session_state=known,
            context=SimpleNamespace(cookies=cookies, url="https://example.org/"),
            html=lambda body, **_options: scripts.append(body),
        )
        monkeypatch.setattr(person_identity, "st", fake)
        return scripts

    return send


def test_an_unknown_browser_gets_a_random_person_and_is_asked_to_remember_it(browser):
    scripts = browser()
    person = person_identity.current()
    assert checked_person(person).startswith("session-")
    assert person_identity.current() == person
    person_identity.remember()
    [script] = scripts
    assert f"{person_identity.COOKIE}={person}; path=/; SameSite=Strict; Secure" in script
    browser()
    assert person_identity.current() != person


def test_a_browser_that_remembers_is_who_it_was_and_asked_nothing(browser):
    person = f"session-{'0a' * 16}"
    scripts = browser(person)
    assert person_identity.current() == person
    person_identity.remember()
    assert scripts == []


@pytest.mark.parametrize("cookie", [f"user-{'0a' * 16}", "session-1", "session-" + "0a" * 16 + "'</script>", "x"])
def test_a_cookie_makes_nobody_somebody_who_signed_in_and_no_script(browser, cookie):
    scripts = browser(cookie)
    assert person_identity.current() != cookie
    person_identity.remember()
    assert cookie not in scripts[0]


def test_who_signed_in_is_the_same_everywhere_and_has_no_name(browser, tmp_path, monkeypatch):
    monkeypatch.setenv("MMDEMO_WORKSPACE", str(tmp_path))
    monkeypatch.delenv("MMDEMO_PERSON_KEY", raising=False)
    scripts = browser(user=SignedIn(email=NAME))
    person = person_identity.current()
    assert person.startswith("user-")
    assert "ada" not in person
    person_identity.remember()
    assert scripts == []
    browser(user=SignedIn(email=NAME))
    assert person_identity.current() == person
    browser(user=SignedIn(email="bob@example.org"))
    assert person_identity.current() != person
