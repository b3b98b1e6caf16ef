"""What data there are, and which of them are here."""

from dataclasses import dataclass

from course_utils.data.cifar10 import FOLDER, find_cifar10
from course_utils.data.fashion import find_full
from course_utils.data.photos import ALWAYS, PHOTOS, find_photo
from course_utils.fetching import DataUnavailable


@dataclass(frozen=True)
class Source:
    """Something to learn from: `where` it is on this machine (empty: not here), and how to `get` it."""

    name: str
    what: str
    licence: str
    where: str
    get: str = ""

    @property
    def here(self) -> bool:
        """Tell whether it can be used without a network."""
        return bool(self.where)


def sources() -> list[Source]:
    """Return all data sets; looks at the disk only."""
    cifar10, fashion, photos = find_cifar10(), find_full(), _photos_here()
    drawn = "drawn on this machine"
    return [
        Source("shapes", "10 + 5 shapes, 32×32, colour", "part of the course", drawn),
        Source("bikes", "road and mountain bikes, 32×32, colour", "part of the course", drawn),
        Source("bike scenes", "the same in scenes, and in the wild", "part of the course", drawn),
        Source("days", "1,461 days of weather, Seattle 2012 to 2015", "public domain (NOAA)", "in the package"),
        Source("faces", "100 faces and 100 backgrounds, 25×25, grey", "none stated", "in scikit-image"),
        Source("fashion", "6,000 + 1,000 garments, 28×28, grey", "MIT, © Zalando SE", "in the package"),
        Source("fashion_colour", "the same garments, 32×32, coloured", "MIT, © Zalando SE", "in the package"),
        Source(
            "fashion, full",
            "60,000 + 10,000 garments, 28×28, grey",
            "MIT, © Zalando SE",
            str(fashion or ""),
            "course data fetch fashion (31 MB)",
        ),
        Source(
            "cifar10",
            "50,000 + 10,000 photographs, 32×32, colour",
            "none stated",
            str(cifar10 / FOLDER) if cifar10 else "",
            "course data fetch cifar10 (170 MB)",
        ),
        Source(
            "photos",
            f"{len(photos)} photographs: {', '.join(photos)}",
            "see load_photos().caption",
            "in scikit-image" if set(ALWAYS) <= set(photos) else "",
            "pip install scikit-image",
        ),
    ]


def _photos_here() -> list[str]:
    """Return the names of the photographs whose packages are installed."""
    here = []
    for name in PHOTOS:
        try:
            find_photo(name)
        except DataUnavailable:
            continue
        here.append(name)
    return here
