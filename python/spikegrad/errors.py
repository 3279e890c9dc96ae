"""Exceptions, with the library's messages.

Every failure of the library is an `Error`; each kind is also the exception of
Python that one would expect, so that ``except ValueError`` or ``except
FileNotFoundError`` do what they say.
"""

from __future__ import annotations

from . import _core


class Error(Exception):
    """Anything that libspikegrad refuses or cannot do."""


class BusyError(Error, RuntimeError):
    """The object is at work in another thread, or in the call around this."""


class ArgumentError(Error, ValueError):
    """An argument that is not understood."""


class RangeError(Error, ValueError):
    """A value out of its range; the message says which one was expected."""


class TopologyError(Error, ValueError):
    """A topology that cannot be built."""


class BoundError(Error, ValueError):
    """A sum could overflow; the message names layer and remedy."""


class FileError(Error, OSError):
    """A file that cannot be read or written."""


class FormatError(Error, ValueError):
    """Malformed data; the message names file and place."""


class ExistsError(Error, FileExistsError):
    """It exists already."""


class UnsupportedError(Error, NotImplementedError):
    """This build of the library cannot do that."""


class MismatchError(Error, AssertionError):
    """The event simulation and the fast engine differ.

    `verification` says where.
    """

    verification: object = None


class StoppedError(Error):
    """Stopped by the caller."""


class FullError(Error, RuntimeError):
    """Too many spikes under way for this order of delivery."""


class MissingError(Error, FileNotFoundError):
    """What was asked for is not there."""


class DeviceError(Error, RuntimeError):
    """A device was lost, or failed at what it was given; a checkpoint that was
    saved before goes on on any other."""


# In the order of sg_status; the first is for what the binding itself refuses.
BY_STATUS = (
    BusyError,
    MemoryError,
    ArgumentError,
    RangeError,
    TopologyError,
    BoundError,
    FileError,
    FormatError,
    ExistsError,
    UnsupportedError,
    MismatchError,
    StoppedError,
    FullError,
    MissingError,
    DeviceError,
)
_core.set_exceptions(BY_STATUS)
