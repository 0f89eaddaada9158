from mmdemo.engine.reliability import notices_from


def test_a_version_that_did_as_asked_and_measures_well_has_nothing_to_tell() -> None:
    metrics = {"held_out": {"text_to_image": {"auc": 0.9}}, "failed": []}
    assert notices_from(metrics, {"alignment": "kernel", "asked_alignment": "kernel"}) == ()
    assert notices_from(metrics, {"alignment": "text-pivot"}) == ()


def test_an_alignment_that_fell_back_is_told() -> None:
    (notice,) = notices_from({}, {"alignment": "zero-shot", "asked_alignment": "kernel"})
    assert "'kernel'" in notice
    assert "'zero-shot'" in notice


def test_kinds_of_media_that_are_hardly_matched_are_named() -> None:
    (notice,) = notices_from({"held_out": {"text_to_audio": {"auc": 0.55}}}, {})
    assert "words with sounds" in notice
    assert "55%" in notice


def test_files_that_could_not_be_encoded_are_counted() -> None:
    (notice,) = notices_from({"failed": [["a", "b"], ["c", "d"]]}, {})
    assert notice.startswith("2 files")
