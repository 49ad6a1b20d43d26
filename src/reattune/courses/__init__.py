"""Courses: ratings of every meeting, and the criteria that find ruptures and repairs in them."""

from reattune.courses.build import build_course_session
from reattune.courses.centred import PersonCentred, split_trait_state
from reattune.courses.changepoint import ChangePoint
from reattune.courses.chart import ControlChart
from reattune.courses.checks import check_ratings
from reattune.courses.course import Course, course_from_session, reverse_ratings
from reattune.courses.criteria import Criterion, find_events
from reattune.courses.cusum import Cusum
from reattune.courses.decline import Decline
from reattune.courses.drop import Drop
from reattune.courses.events import CourseEvent, classify_events, events_frame
from reattune.courses.ewma import Ewma
from reattune.courses.instruments import INSTRUMENTS, Instrument, ceiling_rate, find_instrument
from reattune.courses.named import (
    CRITERIA,
    all_criteria,
    choose_criteria,
    default_criteria,
    make_criterion,
    parse_criterion,
)
from reattune.courses.presets import PRESETS, gumz_like, stiles_like, strauss_like
from reattune.courses.reliable import ReliableChange
from reattune.courses.spread import SampleConstants, sample_constants

__all__ = [
    "CRITERIA",
    "INSTRUMENTS",
    "PRESETS",
    "ChangePoint",
    "ControlChart",
    "Course",
    "CourseEvent",
    "Criterion",
    "Cusum",
    "Decline",
    "Drop",
    "Ewma",
    "Instrument",
    "PersonCentred",
    "ReliableChange",
    "SampleConstants",
    "all_criteria",
    "build_course_session",
    "ceiling_rate",
    "check_ratings",
    "choose_criteria",
    "classify_events",
    "course_from_session",
    "default_criteria",
    "events_frame",
    "find_events",
    "find_instrument",
    "gumz_like",
    "make_criterion",
    "parse_criterion",
    "reverse_ratings",
    "sample_constants",
    "split_trait_state",
    "stiles_like",
    "strauss_like",
]
