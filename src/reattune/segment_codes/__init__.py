"""Observer codes of segments within meetings (3RS and relatives): ruptures and what follows."""

from reattune.segment_codes.agreement import Icc, compute_icc, krippendorff_alpha
from reattune.segment_codes.analysis import analyze_segments, analyze_segments_path, is_segments
from reattune.segment_codes.coders import AgreementRow, compare_coders
from reattune.segment_codes.criteria import SegmentCriteria
from reattune.segment_codes.following import Contrast, Following, follow_meetings
from reattune.segment_codes.grid import read_coded_meetings
from reattune.segment_codes.kinds import find_kind
from reattune.segment_codes.meeting import CodedMeeting, Marker
from reattune.segment_codes.result import SegmentAnalysis
from reattune.segment_codes.rotation import SequenceTest, test_transitions
from reattune.segment_codes.ruptures import CodedRupture, MeetingAnalysis, find_coded_ruptures
from reattune.segment_codes.sequences import NamedSequence, SequenceCount, test_sequence

__all__ = [
    "AgreementRow",
    "CodedMeeting",
    "CodedRupture",
    "Contrast",
    "Following",
    "Icc",
    "Marker",
    "MeetingAnalysis",
    "NamedSequence",
    "SegmentAnalysis",
    "SegmentCriteria",
    "SequenceCount",
    "SequenceTest",
    "analyze_segments",
    "analyze_segments_path",
    "compare_coders",
    "compute_icc",
    "find_coded_ruptures",
    "find_kind",
    "follow_meetings",
    "is_segments",
    "krippendorff_alpha",
    "read_coded_meetings",
    "test_sequence",
    "test_transitions",
]
