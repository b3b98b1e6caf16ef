"""Data for the lessons. Nothing is fetched unless it is asked for; what is drawn or shipped is always there.

Each function gives pictures in one form (`Pictures`), whatever they are from, and they say what they are.
"""

from course_utils.data.bikes import BIKES, load_bikes
from course_utils.data.bundled import load_photo
from course_utils.data.colour import load_colour
from course_utils.data.faces import Faces, load_faces
from course_utils.data.fashion import load_fashion
from course_utils.data.fetch import fetch
from course_utils.data.photos import load_photo_classes, load_photo_scenes, load_photos, scenes_of
from course_utils.data.pictures import Pictures, Split
from course_utils.data.scenes import load_bike_scenes
from course_utils.data.shapes import NEW_SHAPES, SHAPES, load_shapes
from course_utils.data.sources import Source, sources
from course_utils.data.weather import Days, load_days
from course_utils.fetching import DataUnavailable

__all__ = [
    "BIKES",
    "NEW_SHAPES",
    "SHAPES",
    "DataUnavailable",
    "Days",
    "Faces",
    "Pictures",
    "Source",
    "Split",
    "fetch",
    "load_bike_scenes",
    "load_bikes",
    "load_colour",
    "load_days",
    "load_faces",
    "load_fashion",
    "load_photo",
    "load_photo_classes",
    "load_photo_scenes",
    "load_photos",
    "load_shapes",
    "scenes_of",
    "sources",
]
