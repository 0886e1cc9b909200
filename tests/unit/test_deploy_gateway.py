"""The gateway's templates render alike in Python and with envsubst, and hold every problem."""

import base64
import hashlib
import re
from pathlib import Path

import pytest
import yaml

from deploy.gateway import problems, render
from portal.app import MAX_BODY_BYTES
from services.kit.refusals import Refusal

TEMPLATES = render.template_texts()
TEMPLATE = TEMPLATES["nginx.conf"]
ALL = "".join(TEMPLATES.values())
FOLDER = Path(render.__file__).parent


def test_every_setting_is_replaced_and_the_variables_of_nginx_are_kept() -> None:
    texts = {"main": "a ${ONE} $uri;", "included": "${TWO};"}
    assert render.render(texts, {"ONE": "1", "TWO": "$host"}) == {"main": "a 1 $uri;", "included": "$host;"}


def test_a_missing_and_an_unknown_setting_are_refused() -> None:
    with pytest.raises(render.ValueMissing, match="TWO"):
        render.render({"main": "${ONE} ${TWO}"}, {"ONE": "1"})
    with pytest.raises(render.NameUnknown, match="THREE"):
        render.render({"main": "${ONE}"}, {"ONE": "1", "THREE": "3"})


def test_envsubst_would_render_the_same_text() -> None:
    """envsubst also replaces `$NAME` without braces, and only names with the prefix of the filter."""
    assert not re.findall(r"\$[A-Z]", ALL)
    assert all(name.startswith("GATEWAY_") for name in render.names(ALL))


def test_every_setting_and_every_default_is_documented() -> None:
    told = set(re.findall(r"`(GATEWAY_[A-Z_]+)`", (FOLDER / "README.md").read_text()))
    assert told == render.names(ALL)
    assert render.defaults().keys() <= told


def test_every_template_is_included_and_reaches_kubernetes() -> None:
    assert set(re.findall(r"include ([a-z_.]+);", ALL)) == TEMPLATES.keys() - {"nginx.conf"}
    kustomization = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    (listed,) = (each["files"] for each in kustomization["configMapGenerator"] if each["name"] == "gateway-templates")
    assert sorted(listed) == [f"templates/{name}.template" for name in sorted(TEMPLATES)]


def test_both_origins_include_the_same_own_answers() -> None:
    assert TEMPLATE.count("include own_answers.conf;") == 2
    answers = re.findall(r"^location (?:@|= /)(?:problem(?:-page)?|page) \{", TEMPLATES["own_answers.conf"], re.M)
    assert (len(answers), len(set(answers))) == (4, 4)


def test_the_policy_allows_exactly_the_style_of_the_plain_page() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", TEMPLATE)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in TEMPLATE


def test_every_problem_has_a_title_in_both_languages() -> None:
    for refusal in (*problems.OF_ANY_REQUEST, *problems.OF_STORED_PARTS):
        french, english = refusal.title("fr"), refusal.title("en")
        assert french != english
        assert f'fr:{refusal.slug()} "{french}";' in TEMPLATES["problems.conf"]
        assert f'en:{refusal.slug()} "{english}";' in TEMPLATES["problems.conf"]


def test_every_status_that_becomes_a_problem_has_a_slug() -> None:
    statuses = {each.status for each in problems.OF_ANY_REQUEST}
    listed = re.findall(r"error_page ([0-9 ]+) \$(?:api_)?error_location;", TEMPLATE)
    assert len(listed) > 3
    assert {int(status) for line in listed for status in line.split()} <= statuses


@pytest.mark.parametrize("title", ['"quoted"', "a $variable", "a < b", "back\\slash", "two\nlines"])
def test_a_title_that_nginx_would_need_to_escape_is_refused(title: str, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = type("Odd", (Refusal,), {"__doc__": "Odd.", "title_fr": title})
    monkeypatch.setattr(problems, "OF_STORED_PARTS", (odd,))
    with pytest.raises(ValueError, match="as it is"):
        problems.nginx_maps()


def test_the_largest_form_of_the_portal_passes_the_gateway_and_a_larger_one_leads_to_a_page() -> None:
    (form,) = re.findall(r'location ~ "\^/drafts/[^"]+" \{(.*?)\n            \}', TEMPLATE, re.S)
    assert f"client_max_body_size {MAX_BODY_BYTES};" in form
    assert "error_page 413 = @form_too_large;" in form


def test_files_are_sent_without_response_buffering() -> None:
    """At most one buffer of nginx holds unsent bytes; a test from outside could not tell it from four."""
    (files,) = re.findall(r'location ~ "\^/files/" \{(.*?)\n        \}', TEMPLATE, re.S)
    assert "proxy_buffering off;" in files
    assert "proxy_buffer_size 256k;" in files
    assert "proxy_max_temp_file_size 0;" in TEMPLATE
