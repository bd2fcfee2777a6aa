# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Launch templates of EC2 where moto differs.

In moto a new version lacks what its source has and its user data cannot be read, a template's own tags become those of
its instances, and versions cannot be deleted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.core.types import Base64EncodedString
from moto.ec2.responses.launch_templates import LaunchTemplates
from moto.ec2.utils import parse_user_data

Method = Callable[[Any], ActionResult]


def install() -> None:
    """Replace what moto does otherwise."""
    templates: Any = LaunchTemplates
    if not hasattr(templates, "delete_launch_template_versions"):
        templates.create_launch_template = _created(templates.create_launch_template)
        templates.create_launch_template_version = _versioned(templates.create_launch_template_version)
        templates.describe_launch_template_versions = _described(templates.describe_launch_template_versions)
        templates.delete_launch_template_versions = _delete_versions


def _template(response: Any) -> Any:
    name, identifier = response._get_param("LaunchTemplateName"), response._get_param("LaunchTemplateId")
    backend = response.ec2_backend
    return backend.get_launch_template_by_name(name) if name else backend.get_launch_template(identifier)


def _created(original: Method) -> Method:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplate.html"""

    def create_launch_template(response: Any) -> ActionResult:
        answer = original(response)
        data = _template(response).versions[0].data
        given = data.pop("TagSpecifications", [])
        kept = [item for item in given if item["ResourceType"] != "launch-template"]
        data |= {"TagSpecifications": kept} if kept else {}
        return answer

    return create_launch_template


def _versioned(original: Method) -> Method:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateLaunchTemplateVersion.html"""

    def create_launch_template_version(response: Any) -> ActionResult:
        answer = original(response)
        template, source = _template(response), response._get_param("SourceVersion")
        data = template.versions[-1].data
        if not isinstance(data.get("UserData"), Base64EncodedString):
            data["UserData"] = parse_user_data(data.get("UserData"))
        held = template.get_version(source).data if source else {}
        data |= {name: value for name, value in held.items() if data.get(name) is None}
        return answer

    return create_launch_template_version


def _described(original: Method) -> Method:
    def describe_launch_template_versions(response: Any) -> ActionResult:
        shown: Any = original(response).result
        if shown["LaunchTemplateVersions"]:
            gone = _template(response).__dict__.get("gone", set())
            kept = [item for item in shown["LaunchTemplateVersions"] if item["VersionNumber"] not in gone]
            shown = {"LaunchTemplateVersions": kept}
        return ActionResult(shown)

    return describe_launch_template_versions


def _delete_versions(response: Any) -> ActionResult:
    """https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteLaunchTemplateVersions.html

    The number of a deleted version is not used again, so it stays in moto's list and is shown no more.
    """
    template = _template(response)
    gone: set[int] = template.__dict__.setdefault("gone", set())
    deleted, kept = [], []
    for number in [int(version) for version in response._get_param("Versions", [])]:
        item = {"LaunchTemplateId": template.id, "LaunchTemplateName": template.name, "VersionNumber": number}
        if number in gone or number == template.default_version_number or number > len(template.versions):
            error = {"Code": "launchTemplateVersionDoesNotExist", "Message": "It cannot be deleted."}
            kept.append({**item, "ResponseError": error})
        else:
            gone.add(number)
            deleted.append(item)
    names = ("SuccessfullyDeletedLaunchTemplateVersions", "UnsuccessfullyDeletedLaunchTemplateVersions")
    return ActionResult(dict(zip(names, (deleted, kept), strict=True)))
