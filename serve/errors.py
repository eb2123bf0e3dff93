"""Every way we refuse something, as one tree.

SegueError
├── TranscriptError          a source we cannot read (the sender's fault)
│   ├── TooLargeError        more bytes, or more units, than we accept
│   ├── EncodingError        not UTF-8
│   ├── UnknownFormatError   no format fits, or the name is not one of ours
│   ├── MalformedError       the format is known, the content breaks its rules
│   ├── NoTextError          nothing is said in it
│   └── TooCostlyError       it takes more time or memory than a request may
├── RequestError             options or a request body that make no sense
├── BusyError                the service has more to do than it can, or is stopping
├── WorkerError              a process that holds a model died or failed at its work
├── SettingsError            a SEGUE_* setting that makes no sense
├── MismatchError            a result that belongs to another source
├── TimesError               times are needed, and are missing or start again
├── LabelsError              labels that do not fit their transcript, or are none
├── OutputError              a file or folder we will not or cannot write
└── BundleError              a model folder that is damaged or foreign

Each class has a `code` that never changes: it stands in problem+json answers, in logs and in tests.
Messages say what was wrong, where, and what to do.
"""


class SegueError(Exception):
    """Anything Segue refuses."""

    code = "segue_error"


class TranscriptError(SegueError):
    """The source cannot be read as a transcript."""

    code = "bad_transcript"


class TooLargeError(TranscriptError):
    """The source has more bytes, or more units, than we accept."""

    code = "too_large"


class EncodingError(TranscriptError):
    """The source is not UTF-8 text."""

    code = "not_utf8"


class UnknownFormatError(TranscriptError):
    """No format fits the source, or the format asked for does not exist."""

    code = "unknown_format"


class MalformedError(TranscriptError):
    """The source breaks the rules of its format."""

    code = "malformed"


class NoTextError(TranscriptError):
    """Nothing is said in the source."""

    code = "no_text"


class TooCostlyError(TranscriptError):
    """The source takes more time or memory than the service gives to one request."""

    code = "too_costly"


class RequestError(SegueError):
    """Options or a request that make no sense."""

    code = "bad_request"


class BusyError(SegueError):
    """The service has more to do than it can, or is stopping."""

    code = "busy"


class WorkerError(SegueError):
    """A process died or failed; says which error and where, never a word of a source."""

    code = "worker_failed"


class SettingsError(SegueError):
    """A setting of the service that makes no sense."""

    code = "bad_settings"


class MismatchError(SegueError):
    """A result was made from another source."""

    code = "mismatch"


class TimesError(SegueError):
    """Times are needed, and the source has none, or they start again in the middle."""

    code = "bad_times"


class LabelsError(SegueError):
    """Labels that a person corrected, and that cannot be used."""

    code = "bad_labels"


class OutputError(SegueError):
    """A file or folder that we will not or cannot write."""

    code = "bad_output"


class BundleError(SegueError):
    """A model folder is damaged, incomplete or made by other code."""

    code = "bad_bundle"
