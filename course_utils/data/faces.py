"""Small pictures of faces and of what is no face, which ship with scikit-image."""

from typing import NamedTuple

import numpy as np

SIDE = 25  # pixels
EACH = 100  # pictures of each class


class Faces(NamedTuple):
    """Grey pictures ``(200, 25, 25)`` from 0 to 1, labels ``(200,)``: 1 is a face; `note` says where they are from."""

    images: np.ndarray
    labels: np.ndarray
    note: str


def load_faces() -> Faces:
    """Load 100 faces, then 100 pieces of background, from photographs in the news (Labeled Faces in the Wild).

    They lie in scikit-image, which states no licence for them: they are used where they are, and are not shipped here.
    """
    from skimage import data  # takes a while to load: only when the pictures are wanted

    images = np.asarray(data.lfw_subset(), dtype=np.float64)
    note = f"{EACH} faces and {EACH} backgrounds, {SIDE}×{SIDE} grey pixels, from photographs in the news"
    return Faces(images, np.repeat([1, 0], EACH), note)
