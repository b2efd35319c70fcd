"""What the arguments of the tools of work have in common; it looks nothing up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from headwater.model.project import ProjectStatus
from headwater.model.team import TeamRole
from headwater.model.work_item import DependencyType, WorkKind, WorkStatus
from headwater.packs.arguments import Refs, Text

Number = Annotated[int, Field(ge=-(2**63), le=2**63 - 1, strict=True)]
Version = Annotated[
    int, Field(ge=0, le=2**62, strict=True, description="The version that you have seen.")
]
Limit = Annotated[int, Field(ge=1, le=500)]
Name = Annotated[Text, Field(min_length=1, max_length=500)]
Person = Annotated[Text, Field(min_length=1, max_length=500, description="A person by name.")]
Role = Annotated[TeamRole, Field(description="leader or member.")]
Prose = Annotated[str, Field(max_length=100_000)]
Line = Annotated[str, Field(max_length=5_000)]
Repository = Annotated[Text, Field(description="Written as owner/name.")]
Tags = Annotated[Mapping[Text, Text], Field(max_length=500)]
Lines = Annotated[Sequence[Line], Field(max_length=500)]
Runs = Annotated[Sequence[Text], Field(max_length=500, description="Ids of runs.")]
Documents = Annotated[Sequence[Number], Field(max_length=500, description="Ids of documents.")]
About = Annotated[Refs, Field(max_length=500, description="Configuration items, by id or code.")]
Priority = Annotated[int, Field(ge=0, le=4, strict=True, description="0 comes first, 4 last.")]
Statuses = Annotated[Sequence[WorkStatus], Field(max_length=7)]
Kinds = Annotated[Sequence[WorkKind], Field(max_length=4)]
ProjectStatuses = Annotated[Sequence[ProjectStatus], Field(max_length=5)]
Type = Annotated[DependencyType, Field(description="blocks, requires or related.")]


class _Changes(BaseModel):
    """What is to be changed: what is absent stays, null clears."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TeamFields(_Changes):
    """What may be changed of a team."""

    name: Name | None = None
    description: Prose | None = None


class ProjectFields(_Changes):
    """What may be changed of a project."""

    name: Name | None = None
    description: Prose | None = None
    status: ProjectStatus | None = None
    tags: Tags | None = None
    items: About | None = None
    repository: Repository | None = None
    constraints: Lines | None = None


class ItemFields(_Changes):
    """What may be changed of an item of work."""

    kind: WorkKind | None = None
    title: Name | None = None
    description: Prose | None = None
    status: WorkStatus | None = None
    priority: Priority | None = None
    assignee: Person | None = None
    due: date | None = None
    blocker: Line | None = None
    items: About | None = None
    runs: Runs | None = None
    documents: Documents | None = None
    issue: Text | None = None
    pull_request: Text | None = None
