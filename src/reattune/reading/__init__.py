"""From files to sessions and studies: the calls most people begin with."""

from reattune.reading.looking import describe, draft_study, read_report
from reattune.reading.session import read_session
from reattune.reading.study import read_many, read_study

__all__ = ["describe", "draft_study", "read_many", "read_report", "read_session", "read_study"]
