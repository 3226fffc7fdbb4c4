"""The SDK for detectors of the CASB connector: the access model and its questions."""

from casb_sdk.api_version import API_COMPAT_FLOOR, API_VERSION
from casb_sdk.audience import AudiencePolicy
from casb_sdk.coverage import Coverage, Gap, GapKind
from casb_sdk.detector import Context, Detector
from casb_sdk.exposed import Affected, ExposedPrincipal, ItemRef, Path, Via
from casb_sdk.exposure import (
    AffectedItem,
    Cause,
    Exposure,
    Resource,
    ResourceType,
    RestrictionStep,
)
from casb_sdk.finding import Finding, Severity
from casb_sdk.hookspecs import hookimpl
from casb_sdk.model import (
    Account,
    AnonymousUse,
    AppKind,
    Audience,
    Confidence,
    ContentItem,
    Grant,
    Group,
    Level,
    Restriction,
    Role,
    RoleAssignment,
    Site,
    Space,
    Subject,
    SubjectType,
)
from casb_sdk.people import People, Principal
from casb_sdk.site import AccountAccess, SiteAccess
from casb_sdk.snapshot import Directory, SiteSnapshot, SpaceSnapshot
from casb_sdk.space import Refusal, SpaceAccess

__all__ = [
    "API_COMPAT_FLOOR",
    "API_VERSION",
    "Account",
    "AccountAccess",
    "Affected",
    "AffectedItem",
    "AnonymousUse",
    "AppKind",
    "Audience",
    "AudiencePolicy",
    "Cause",
    "Confidence",
    "ContentItem",
    "Context",
    "Coverage",
    "Detector",
    "Directory",
    "ExposedPrincipal",
    "Exposure",
    "Finding",
    "Gap",
    "GapKind",
    "Grant",
    "Group",
    "ItemRef",
    "Level",
    "Path",
    "People",
    "Principal",
    "Refusal",
    "Resource",
    "ResourceType",
    "Restriction",
    "RestrictionStep",
    "Role",
    "RoleAssignment",
    "Severity",
    "Site",
    "SiteAccess",
    "SiteSnapshot",
    "Space",
    "SpaceAccess",
    "SpaceSnapshot",
    "Subject",
    "SubjectType",
    "Via",
    "hookimpl",
]
