import os
import subprocess
import sys

import numpy as np
import pytest

from mmdemo.encoders import find, load
from mmdemo.encoders.static_word_files import MAX_WIDTH, read_word_vectors
from mmdemo.encoders.static_words import inverse_frequency
from mmdemo.errors import CancelledError, EncoderError, WeightError
from mmdemo.progress import silent

WORDS = {"the": [2.0, 0.0, 1.0], "fox": [0.0, 2.0, 1.0], "Berlin": [0.0, 0.0, 4.0], ". .": [2.0, 2.0, 2.0]}


def lines(words=WORDS):
    return "".join(f"{word} {' '.join(map(str, vector))}\n" for word, vector in words.items())


@pytest.fixture
def glove(tmp_path):
    path = tmp_path / "tiny.3d.txt"
    path.write_text(lines(), encoding="utf-8")
    return path


@pytest.fixture
def encoder(glove):
    return load(f"static-words:{glove}")


def expected(*words):
    """Equation of the paper, worked out by hand for the table above."""
    table = np.array(list(WORDS.values()))
    shares = np.array([1, 1 / 2, 1 / 3, 1 / 4]) / (1 + 1 / 2 + 1 / 3 + 1 / 4)
    rows = [list(WORDS).index(word) for word in words]
    return np.mean([1e-4 / (1e-4 + shares[row]) * (table[row] - table.mean(0)) for row in rows], axis=0)


class TestVectors:
    def test_a_text_is_the_mean_of_its_weighted_words(self, encoder):
        found = encoder.encode(["the fox in Berlin", "fox"])
        np.testing.assert_allclose(found, [expected("the", "fox", "Berlin"), expected("fox")], rtol=1e-5)

    def test_large_letters_are_tried_first_then_small_ones(self, encoder):
        upper, lower, city, not_a_city = encoder.encode(["FOX", "fox", "Berlin", "berlin"])
        np.testing.assert_array_equal(upper, lower)
        np.testing.assert_allclose(city, expected("Berlin"), rtol=1e-5)
        assert not np.array_equal(not_a_city, city)

    def test_texts_of_which_nothing_is_known_share_one_vector_of_unit_length(self, encoder):
        nothing = encoder.encode(["", "unheard words", "日本"])
        np.testing.assert_allclose(nothing, np.full((3, 3), 3**-0.5), rtol=1e-6)

    def test_an_unknown_word_counts_for_nothing(self, encoder):
        np.testing.assert_array_equal(*encoder.encode(["fox", "a xyzzy fox"]))

    def test_its_words_say_where_they_stand_and_their_mean_is_the_vector(self, encoder):
        text = "Look, the Fox!"
        (inside,) = encoder.inspect(text, attention=True)
        assert inside.labels == ("the", "Fox")
        assert [text[int(start) : int(end)] for start, end in inside.places[:, :2]] == ["the", "Fox"]
        assert np.isnan(inside.places[:, 2:]).all()
        assert inside.attention == ()
        np.testing.assert_allclose(inside.features.mean(0), encoder.encode([text])[0], rtol=1e-6)

    def test_frequent_words_count_less(self):
        weights = inverse_frequency(np.arange(1000))
        assert (np.diff(weights) > 0).all()
        assert weights[0] < 0.001 < weights[-1] < 1


class TestFiles:
    def test_a_line_with_counts_before_the_words_is_not_a_word(self, glove, encoder, tmp_path):
        (tmp_path / "counted.vec").write_text("4 3\n" + lines(), encoding="utf-8")
        counted = load(f"static-words:{tmp_path / 'counted.vec'}")
        np.testing.assert_array_equal(counted.encode(["the fox"]), encoder.encode(["the fox"]))
        assert counted.key != encoder.key

    def test_a_folder_with_one_file_stands_for_it(self, glove, encoder):
        assert load(f"static-words:{glove.parent}").key == encoder.key

    def test_a_word_given_twice_keeps_its_first_vector(self, tmp_path, encoder):
        (tmp_path / "twice.txt").write_text(lines() + "fox 9 9 9\n", encoding="utf-8")
        twice = read_word_vectors(str(tmp_path / "twice.txt"), progress=silent)
        np.testing.assert_array_equal(twice.vectors, list(WORDS.values()))

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("", "line 1 .* holds no word"),
            ("4 3\n", "line 1 .* holds no word"),
            ("fox\n", "line 1 .* 0 numbers"),
            (lines() + "cat 1 2\n", "line 5 .* 2 numbers .* unlike the 3"),
            (lines() + "\ncat 1 2 three\n", "line 6 .* not a word"),
            (lines() + "cat 1 nan 2\n", "line 5 .* not finite"),
            ("fox" + " 1" * (MAX_WIDTH + 1) + "\n", "line 1 .* 2,001 numbers"),
            ("fox " + "1" * 70_000 + "\n", "line 1 .* longer than"),
        ],
    )
    def test_what_is_not_in_the_format_is_refused_with_its_line(self, tmp_path, content, said):
        (tmp_path / "bad.txt").write_text(content, encoding="utf-8")
        with pytest.raises(EncoderError, match=said):
            load(f"static-words:{tmp_path / 'bad.txt'}")

    def test_bytes_that_are_no_text_are_refused(self, tmp_path):
        (tmp_path / "bad.txt").write_bytes(b"\xff\xfe 1 2\n")
        with pytest.raises(EncoderError, match="line 1"):
            load(f"static-words:{tmp_path / 'bad.txt'}")

    def test_a_missing_file_and_a_folder_with_two_are_plain_errors(self, tmp_path, glove):
        with pytest.raises(WeightError, match=r"no file .*nowhere\.txt"):
            load(f"static-words:{tmp_path / 'nowhere.txt'}")
        (tmp_path / "second.txt").write_text(lines(), encoding="utf-8")
        with pytest.raises(WeightError, match="holds 2"):
            load(f"static-words:{tmp_path}")

    def test_reading_can_be_cancelled(self, tmp_path):
        (tmp_path / "many.txt").write_text("".join(f"w{n} {n} 1\n" for n in range(6000)), encoding="utf-8")

        def cancel(done, total, message):
            raise CancelledError(message)

        with pytest.raises(CancelledError, match=r"many\.txt"):
            read_word_vectors(str(tmp_path / "many.txt"), progress=cancel)


@pytest.mark.weights
class TestMiniLMsWords:
    def test_synonyms_are_neighbours(self, real_encoder):
        pairs = [
            ("a young cat", "a kitten"),
            ("an automobile", "a car"),
            ("a physician", "a doctor"),
            ("a sofa", "a couch"),
            ("rain and thunder", "a storm"),
            ("a red rose", "a scarlet flower"),
            ("a lad", "a boy"),
            ("money in the bank", "savings in an account"),
        ]
        encoder = real_encoder("static-words")
        left, right = (encoder.encode([pair[side] for pair in pairs]) for side in (0, 1))
        left, right = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (left, right))
        assert (left @ right.T).argmax(axis=1).tolist() == list(range(len(pairs)))

    def test_word_order_is_not_looked_at_and_function_words_hardly_count(self, real_encoder):
        encoder = real_encoder("static-words")
        one, other, bare = encoder.encode(["the dog bites the man", "the man bites the dog", "dog bites man"])
        np.testing.assert_allclose(one, other, atol=1e-6)
        assert one @ bare / np.linalg.norm(one) / np.linalg.norm(bare) > 0.999

    def test_it_says_that_it_is_384_wide_and_needs_no_torch(self, real_encoder):
        assert real_encoder("static-words").dim == 384
        assert find("static-words").origin == "offline"
        code = "import sys; from mmdemo.encoders import load; load('static-words').encode(['fox'])"
        code += "; sys.exit('torch' in sys.modules)"
        assert subprocess.run([sys.executable, "-c", code], env=os.environ, check=False).returncode == 0
