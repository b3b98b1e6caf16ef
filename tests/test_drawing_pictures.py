"""Pictures in rows: what they show is what came in, and what cannot be drawn is refused in one sentence."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch

from course_utils import data, drawing


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def shapes():
    return data.load_shapes(60, 10).train


def drawn(axes):
    return np.asarray(axes.images[0].get_array())


def caption(panels):
    return panels[0].figure.get_supxlabel()


# pictures


def test_pictures_show_their_classes_and_say_what_they_are(shapes):
    panels = drawing.plot_pictures(shapes)
    assert len(panels) == 40
    assert [axes.get_title() for axes in panels] == [shapes.classes[label] for label in shapes.labels[:40]]
    np.testing.assert_allclose(drawn(panels[7]), shapes.images[7] / 255)
    assert caption(panels) == shapes.caption


def test_titles_and_caption_can_be_given(shapes):
    panels = drawing.plot_pictures(shapes.at([0, 1]), ["disc?", "really"], caption="guesses")
    assert [axes.get_title() for axes in panels] == ["disc?", "really"]
    assert caption(panels) == "guesses"


@pytest.mark.parametrize("channels", [1, 3])
def test_a_tensor_of_pixels_and_an_array_of_bytes_are_drawn_alike(channels):
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 7, channels), dtype=np.uint8)
    pixels = torch.from_numpy(images).permute(0, 3, 1, 2).float().div(255).requires_grad_()
    one, other = (drawn(drawing.plot_pictures(each)[1]) for each in (images, pixels))
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert one.shape == ((5, 7) if channels == 1 else (5, 7, 3))


def test_grey_pictures_run_from_black_to_white_all_alike():
    dark = np.full((1, 4, 4, 1), 20, np.uint8)
    image = drawing.plot_pictures(dark)[0].images[0]
    assert image.get_clim() == (0, 1)


def test_a_long_title_is_broken_between_words(shapes):
    panels = drawing.plot_pictures(shapes.at(range(10)), ["horizontal", "a fairly long name", *"abcdefgh"])
    assert panels[0].get_title() == "horizontal"
    assert panels[1].get_title() == "a fairly\nlong name"


@pytest.mark.parametrize("shape", [(2, 5, 7), (2, 2, 5, 7), (0, 3, 5, 7)])
def test_what_is_no_picture_is_refused_with_its_shape(shape):
    with pytest.raises(ValueError, match="pictures must have the shape"):
        drawing.plot_pictures(np.zeros(shape, np.float32))


def test_titles_must_be_as_many_as_pictures(shapes):
    with pytest.raises(ValueError, match="titles must be 3, one a picture, not 2"):
        drawing.plot_pictures(shapes.at([0, 1, 2]), ["a", "b"])
