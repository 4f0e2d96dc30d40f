"""What becomes of a template: everything that fills a hole is escaped, and a page that breaks a rule is not loaded."""

import string
from typing import Any

import pytest
from jinja2 import DictLoader, StrictUndefined, TemplateAssertionError, UndefinedError
from markupsafe import Markup, escape

from twolatch.faces.portal.folding import FoldingEnvironment, shown

EVIL = """<script>alert("1")</script>' onload='alert(2)' & &lt;b&gt;"""
SAFE = str(escape(EVIL))
LAYOUT = """{% import "pieces" as pieces %}<title>{% block title %}{% endblock %}</title>
{%- block main %}{% endblock %}<p>{{ name | default("nobody") }}</p>"""
PIECES = """{% set SIGNS = {"a": "<A>", "b": "<B>"} %}
{% macro sign(name) %}[{{ SIGNS[name] }}]{% endmacro %}
{% macro field(name, value="", hint=none) %}<input name="{{ name }}" value='{{ value }}'>{{ sign("a") }}
{%- if hint %}<i>{{ hint }}</i>{% endif %}{% endmacro %}
{% macro rows(all) %}{% for name in all %}<li>{{ name }}</li>{% endfor %}{% endmacro %}
{% macro framed(name) %}{% set kept = name %}<b>{{ kept }}{{ caller() }}</b>{% endmacro %}
{% macro nosy() %}{{ kept }}{% endmacro %}"""


class Lookalike(str):
    """Says of itself that it is HTML."""

    def __html__(self) -> str:
        return str(self)


class Shape:
    def __html__(self) -> str:
        return EVIL

    def __str__(self) -> str:
        return EVIL


def folded(main: str, before: str = "", **given: Any) -> str:
    """What stands in the block `main`."""
    page = f'{{% extends "layout" %}}{before}{{% block main %}}«{main}»{{% endblock %}}'
    loader = DictLoader({"page": page, "layout": LAYOUT, "pieces": PIECES, "part": "{% set name = 'part' %}{{ name }}"})
    said = {"t": lambda key, **values: f"<{key}>".format_map(values)}
    pages = FoldingEnvironment(said, {"brand": {"name": "<Brand>"}}, loader=loader, undefined=StrictUndefined)
    return pages.page("page", **given).partition("«")[2].rpartition("»")[0]


@pytest.mark.parametrize("value", [EVIL, Lookalike(EVIL), Shape()], ids=["text", "lookalike", "shape"])
@pytest.mark.parametrize(
    "hole",
    [
        "{{ name }}",
        "{{ pieces.rows([name]) }}",
        "{{ pieces.field('x', name) }}",
        "{{ pieces.field(name, hint=name) }}",
        "{% call pieces.framed(name) %}{{ name }}{% endcall %}",
        "{% set other = name %}{{ other }}",
        "{% set other %}<u>{{ name }}</u>{% endset %}{{ other }}",
        "{% for one in [name] %}{{ one }}{% endfor %}",
        "{% macro own(one) %}{{ one }}{% endmacro %}{{ own(name) }}",
        "{{ t('{said}', said=name) }}",
        "{{ name if name else '' }}",
        "{% autoescape false %}{{ name }}{% endautoescape %}",
    ],
)
def test_whatever_fills_a_hole_is_escaped(hole: str, value: object) -> None:
    page = folded(hole, name=value)
    assert SAFE in page
    assert "<script" not in page
    assert "onload='" not in page


def test_a_text_is_escaped_also_where_others_stand_beside_it() -> None:
    for hole in ("{{ '<u>' ~ name }}", "{{ markup ~ name }}", "{{ [markup, name] | join }}", "{{ markup + name }}"):
        page = folded(hole, name=EVIL, markup=Markup("<u>"))
        assert page.endswith(SAFE)
        assert "<script" not in page


def test_markup_is_shown_as_it_is_and_nothing_that_looks_like_it() -> None:
    assert folded("{{ name }}", name=Markup("<b>")) == "<b>"
    assert folded("{{ name }}", name=Lookalike("<b>")) == "&lt;b&gt;"
    assert folded("{{ '<u>' ~ name }}", name=Markup("<b>")) == "&lt;u&gt;<b>"


def test_what_stands_in_the_template_is_escaped_as_well() -> None:
    assert folded("{{ '<' }}{{ t('login') }}{{ brand.name }}") == "&lt;&lt;login&gt;&lt;Brand&gt;"
    assert folded("{{ pieces.sign('a') }}") == folded("{{ pieces.sign(name) }}", name="a") == "[&lt;A&gt;]"
    assert folded("{% for one in ['<', '>'] %}{{ one }}{% endfor %}") == "&lt;&gt;"


def test_shown_escapes_like_the_library() -> None:
    texts = [*map(chr, range(0x250)), string.printable, "", EVIL, SAFE, "\u2028\ud7ff"]
    for value in [*texts, 17, None, True, Markup(EVIL)]:
        assert shown(value) == escape(value)


@pytest.mark.parametrize("key", ["'", '"', "&", "<", ">"])
def test_no_attribute_can_be_left(key: str) -> None:
    page = folded("{{ pieces.field(name, name) }}", name=f"x{key}y")
    assert page == f"<input name=\"x{escape(key)}y\" value='x{escape(key)}y'>[&lt;A&gt;]"


def test_what_is_not_given_is_a_fault() -> None:
    for hole in ("{{ name }}", "{{ pieces.rows(name) }}", "{{ pieces.sign(name.first) }}", "{% if name %}{% endif %}"):
        with pytest.raises(UndefinedError):
            folded(hole)


def test_a_piece_and_the_page_around_it_keep_their_names_apart() -> None:
    rows = "{% set kept = 1 %}{{ pieces.rows(name) }}{{ name }}{{ kept }}"
    assert folded(rows, name="ab") == "<li>a</li><li>b</li>ab1"
    called = "{% set kept = 1 %}{% call pieces.framed('x') %}{{ kept }}{{ name }}{% endcall %}{{ kept }}"
    assert folded(called, name="n") == "<b>x1n</b>1"
    loop = "{% for name in all %}{{ pieces.field(value=name, name='v') }}{% endfor %}"
    assert folded(loop, all="12").count("value='1'") == 1


def test_what_a_part_sets_is_gone_after_it() -> None:
    assert folded("{% include 'part' %}{{ name }}", name="page") == "partpage"
    loop = "{% for one in [1, 2] %}{% set name = name ~ one %}{{ name }}{% endfor %}{{ name }}"
    assert folded(loop, name="n") == "n1n2n"


def test_what_the_page_sets_outside_its_blocks_they_read() -> None:
    before = "{% set here = '/' ~ name %}{% macro link(to) %}{{ here }}{{ to }}{{ pieces.sign('b') }}{% endmacro %}"
    assert folded("{{ link('/x') }}", before, name="n") == "/n/x[&lt;B&gt;]"


def test_a_case_that_cannot_be_is_not_in_the_page() -> None:
    sure = "{% if brand.name %}a{% elif name %}b{% else %}c{% endif %}"
    asked = "{% if not brand %}d{% elif name %}e{% else %}f{% endif %}"
    assert folded(sure + asked, name=1) == "ae"
    assert folded(sure + asked, name=0) == "af"


@pytest.mark.parametrize(
    ("main", "why"),
    [
        ("{{ pieces.none() }}", "there is no none"),
        ("{{ pieces.sign() }}", "sign wants 1"),
        ("{{ pieces.sign('a', 'b') }}", "sign wants 1"),
        ("{{ pieces.sign('a', more=1) }}", "sign wants 1"),
        ("{{ pieces.sign('a') ~ '' }}", "where it is shown"),
        ("{% set x = pieces.sign('a') %}", "where it is shown"),
        ("{{ pieces.nosy() }}", "nosy does not know kept"),
        ("{% set brand = 1 %}", "every page knows another brand"),
        ("{% for t in [1] %}{% endfor %}", "every page knows another t"),
        ("{% macro own(brand) %}{% endmacro %}", "every page knows another brand"),
        ("{% call name() %}{% endcall %}", "only a piece of another file"),
    ],
)
def test_a_page_that_breaks_a_rule_is_not_loaded(main: str, why: str) -> None:
    with pytest.raises(TemplateAssertionError, match=why):
        folded(main, name=str)
