"""Pictures drawn for tests."""

from PIL import Image, ImageDraw


def traffic_light() -> Image.Image:
    """A traffic light as one would draw it: ImageNet has photographs of them, and the shape alone suffices."""
    image = Image.new("RGB", (224, 224), (150, 190, 230))
    draw = ImageDraw.Draw(image)
    draw.rectangle((105, 170, 119, 224), fill=(60, 60, 60))
    draw.rounded_rectangle((80, 20, 144, 175), 10, fill=(25, 25, 25))
    for top, colour in ((30, (255, 40, 30)), (78, (90, 70, 10)), (126, (10, 70, 30))):
        draw.ellipse((90, top, 134, top + 42), fill=colour)
    return image
