from mmdemo.catalog.wml import definitions, read_wml


def only(text, tag="unit_type"):
    (block,) = read_wml(text).find(tag)
    return block


def test_keys_belong_to_their_own_block():
    unit = only("[unit_type]\nid=Bat\n[attack]\nid=bite\n[/attack]\nlevel=2\n[/unit_type]")
    assert unit.keys == {"id": "Bat", "level": "2"}
    assert next(unit.find("attack")).keys == {"id": "bite"}


def test_values_are_plain_quoted_translated_or_over_several_lines():
    unit = only('[unit_type]\nrace=elf # comment\nname= _ "Elf"\ntext=_"one\ntwo ""three"" # four"\n[/unit_type]')
    assert unit.keys == {"race": "elf", "name": "Elf", "text": 'one\ntwo "three" # four'}


def test_what_is_meant_for_translators_is_left_out():
    assert only('[unit_type]\nname=_"female^Elf"\n[/unit_type]').keys["name"] == "Elf"


def test_comments_and_unclosed_blocks_do_no_harm():
    text = "#textdomain x\n[unit_type]\n# [ghost] id=no\nid=a\n[/other]\n[/unit_type]\n[unit_type]\nid=b"
    assert [unit.keys["id"] for unit in read_wml(text).find("unit_type")] == ["a", "b"]


def test_macros_are_given_by_name_without_comments():
    text = "#define CRY\na.ogg,b-[1~3].ogg #enddef\n#define OTHER ARGUMENT\n# why\nc.ogg\n#enddef"
    assert definitions(text) == {"CRY": "a.ogg,b-[1~3].ogg", "OTHER": "c.ogg"}
