"""The gateway's configuration is one text that three renderers fill in alike."""

import base64
import hashlib
import re
from pathlib import Path

import pytest

from deploy.gateway import render
from portal.app import LARGEST_BODY_BYTES

TEMPLATE = render.TEMPLATE.read_text(encoding="utf-8")


def test_every_name_is_filled_in_and_nginx_keeps_its_own() -> None:
    assert render.render("a ${ONE} $uri ${TWO};", {"ONE": "1", "TWO": "$host"}) == "a 1 $uri $host;"


def test_a_missing_and_an_unknown_name_are_refused() -> None:
    with pytest.raises(render.ValueMissing, match="TWO"):
        render.render("${ONE} ${TWO}", {"ONE": "1"})
    with pytest.raises(render.NameUnknown, match="THREE"):
        render.render("${ONE}", {"ONE": "1", "THREE": "3"})


def test_envsubst_would_fill_in_exactly_the_same() -> None:
    """It also takes `$NAME` without braces, and only names of the filter's prefix."""
    assert not re.findall(r"\$[A-Z]", TEMPLATE)
    assert all(name.startswith("GATEWAY_") for name in render.names(TEMPLATE))


def test_every_name_and_every_default_is_documented() -> None:
    told = set(re.findall(r"`(GATEWAY_[A-Z_]+)`", Path(render.__file__).with_name("README.md").read_text()))
    assert told == render.names(TEMPLATE)
    assert render.defaults().keys() <= told


def test_both_origins_answer_for_themselves_in_the_same_words() -> None:
    answers = re.findall(r"location (?:@|= /)(?:problem(?:-page)?|page) \{.*?\n        \}", TEMPLATE, re.S)
    assert (len(answers), len(set(answers))) == (8, 4)


def test_the_policy_allows_exactly_the_style_of_the_plain_page() -> None:
    (style,) = re.findall(r"<style>(.*?)</style>", TEMPLATE)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in TEMPLATE


def test_every_problem_has_a_title_in_both_languages() -> None:
    slugs = set(re.findall(r"^ +\"~[^\"]*\$\" ([a-z-]+);", TEMPLATE, re.M)) & set(
        re.findall(r" ([a-z-]+);", TEMPLATE.split("$problem_slug {")[1].split("}")[0])
    )
    assert len(slugs) > 15
    for slug in slugs:
        assert f"fr:{slug} " in TEMPLATE
        assert f"en:{slug} " in TEMPLATE


def test_the_gateway_lets_a_form_in_that_the_portal_takes_and_leads_a_larger_one_to_a_page() -> None:
    (form,) = re.findall(r'location ~ "\^/drafts/[^"]+" \{(.*?)\n            \}', TEMPLATE, re.S)
    assert f"client_max_body_size {LARGEST_BODY_BYTES};" in form
    assert "error_page 413 = @form_too_large;" in form


def test_what_leaves_is_not_gathered_up_first() -> None:
    """What a client has not taken is at most one buffer of nginx; seen from outside, four would look the same."""
    (files,) = re.findall(r'location ~ "\^/files/" \{(.*?)\n        \}', TEMPLATE, re.S)
    assert "proxy_buffering off;" in files
    assert "proxy_buffer_size 256k;" in files
    assert "proxy_max_temp_file_size 0;" in TEMPLATE
