import numpy as np
import pytest
import torch
from drawn_pictures import traffic_light
from encoder_samples import picture
from PIL import Image

from mmdemo.encoders.efficientnet_lite import prepare
from mmdemo.encoders.efficientnet_lite_network import EfficientNetLiteNetwork, efficientnet_lite_from_tensors
from mmdemo.encoders.imagenet import imagenet_class_names


def checkpoint_of(network):
    """The network's tensors under the names that the published checkpoint has."""
    return {
        ".".join(part if part.isdigit() else f"_{part}" for part in name.split(".")[:-1]) + "." + name.split(".")[-1]: t
        for name, t in network.state_dict().items()
    }


def test_the_network_gives_the_numbers_of_the_reference_implementation():
    import timm

    torch.manual_seed(0)
    network = EfficientNetLiteNetwork().eval()
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(std=0.1)
            module.running_var.uniform_(0.5, 1.5)
    reference = timm.create_model("tf_efficientnet_lite0", pretrained=False).eval()
    reference.load_state_dict(dict(zip(reference.state_dict(), network.state_dict().values(), strict=True)))
    pictures = torch.randn(2, 3, 224, 224)
    with torch.inference_mode():
        expected = reference.forward_head(reference.forward_features(pictures), pre_logits=True)
        np.testing.assert_allclose(network(pictures), expected, rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(network.fc(network(pictures)), reference(pictures), rtol=1e-4, atol=1e-6)


def test_a_checkpoint_is_mapped_by_its_names_and_checked():
    network = EfficientNetLiteNetwork()
    tensors = checkpoint_of(network)
    assert "_blocks.3._depthwise_conv.weight" in tensors
    loaded = efficientnet_lite_from_tensors(tensors)
    assert torch.equal(loaded.blocks[3].depthwise_conv.weight, network.blocks[3].depthwise_conv.weight)
    tensors.pop("_conv_head.weight")
    with pytest.raises(RuntimeError, match=r"conv_head\.weight"):
        efficientnet_lite_from_tensors(tensors)


def test_class_names_are_the_thousand_of_imagenet():
    from timm.data.imagenet_info import ImageNetInfo

    assert imagenet_class_names() == tuple(ImageNetInfo().label_descriptions())
    assert len(imagenet_class_names()) == 1000


@pytest.mark.parametrize("size", [(224, 224), (10, 400), (3000, 500), (1, 1)])
def test_a_picture_lies_whole_in_the_middle_of_a_white_square(size):
    pixels = prepare(Image.new("RGB", size, "black"))
    assert pixels.shape == (3, 224, 224)
    assert pixels.dtype == np.float32
    dark = pixels[0] < 0
    scale = 224 / max(size)
    assert dark.sum() == max(1, round(size[0] * scale)) * max(1, round(size[1] * scale))
    assert pixels[0].max() == (1.0 if min(size) < max(size) else -127 / 128)
    rows, columns = np.nonzero(dark)
    assert abs((rows.min() + rows.max()) / 2 - 111.5) <= 0.5
    assert abs((columns.min() + columns.max()) / 2 - 111.5) <= 0.5


@pytest.mark.weights
def test_probabilities_are_the_softmax_of_the_networks_own_head(real_encoder):
    encoder = real_encoder("efficientnet-lite0")
    features = encoder.encode([picture(224, 224, 5)])
    with torch.inference_mode():
        expected = torch.softmax(encoder.network.fc(torch.from_numpy(features)), dim=1)
    np.testing.assert_allclose(encoder.class_probabilities(features), expected, atol=1e-6)
    assert encoder.class_probabilities(features).sum() == pytest.approx(1.0, abs=1e-5)


@pytest.mark.weights
def test_a_drawn_traffic_light_is_recognised(real_encoder):
    encoder = real_encoder("efficientnet-lite0")
    probabilities = encoder.class_probabilities(encoder.encode([traffic_light()]))[0]
    best = [encoder.class_names[number] for number in np.argsort(-probabilities)[:3]]
    assert any(name.startswith("traffic light") for name in best)


@pytest.mark.weights
def test_the_mean_of_the_cells_is_the_vector_and_they_cover_the_square(real_encoder):
    encoder = real_encoder("efficientnet-lite0")
    wide = Image.new("RGB", (200, 100), "green")
    (inside,) = encoder.inspect(wide)
    np.testing.assert_allclose(inside.features.mean(0), encoder.encode([wide])[0], rtol=1e-4, atol=1e-4)
    assert inside.labels[8] == "row 2, column 2"
    assert inside.places[:, :2].min(0).tolist() == [0.0, -0.5]
    assert inside.places[:, 2:].max(0).tolist() == [1.0, 1.5]
