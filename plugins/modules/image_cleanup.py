#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_cleanup
short_description: Delete old images from Amazon ECR, but none that Amazon ECS uses
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Deletes the images of a repository that its rules select, and that nothing in ECS uses. Every rule that is given
    must select an image for it to go.
  - Used is what an active revision of a task definition names, what a running or pending task was started from, and
    what the revisions of a service run, are bringing in, or would be rolled back to; in all clusters of the region.
    An image counts as used by its digest also when its tag has moved on.
  - When any of this cannot be seen, because a permission is missing for instance, nothing is deleted and the task
    fails.
  - An image for several platforms stays or goes as a whole, with its signatures and its other attachments.
  - An image that was pushed within the last hour stays in any case, since the push may not be complete.
  - What is outside of ECS in this account and region is not looked at, for instance Lambda, Kubernetes, or other
    accounts and regions that pull from the repository. Name such images in O(keep), or see O(not_pulled_for_days).
  - Lifecycle policies of ECR do the same without looking at ECS; where one is set, it may still delete what ECS uses.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
options:
  repository:
    description:
      - The repository.
    type: str
    required: true
    aliases: [name]
  registry_id:
    description:
      - The account whose registry holds the repository. Your own when not given.
    type: str
  keep_last:
    description:
      - Keep this many of the newest images. With O(untagged_only=true), of the newest images without a tag.
    type: int
  older_than_days:
    description:
      - Keep what was pushed less than so many days ago.
    type: int
  not_pulled_for_days:
    description:
      - Keep what was pushed or pulled less than so many days ago, by whomever.
    type: int
  untagged_only:
    description:
      - Keep what has a tag.
    type: bool
    default: false
  keep:
    description:
      - Keep the images that have one of these tags or digests. C(*) stands for any characters.
    type: list
    elements: str
    default: []
attributes:
  diff_mode:
    support: N/A
    description: The result lists what is deleted and what is kept, in check mode too.
seealso:
  - module: longshore.ecs.repository
  - module: longshore.ecs.task_definition
  - ref: ansible_collections.longshore.ecs.docsite.images
    description: Repositories, the gate for what scans find, and cleaning up.
"""

EXAMPLES = r"""
- name: Keep the newest twenty images, those of releases, and what is in use
  longshore.ecs.image_cleanup:
    repository: shop/web
    keep_last: 20
    older_than_days: 30
    keep: ["release-*"]
  register: cleaned

- name: What has been gained
  ansible.builtin.debug:
    msg: "{{ cleaned.deleted | length }} images, {{ cleaned.freed_bytes | human_readable }}"

- name: Only what lost its tag
  longshore.ecs.image_cleanup:
    repository: shop/web
    untagged_only: true
"""

RETURN = r"""
repository:
  description: The repository.
  returned: success
  type: str
  sample: shop/web
deleted:
  description: The images that were deleted or, in check mode, that would be deleted, newest first.
  returned: success, or when ECR did not delete some of them
  type: list
  elements: dict
  sample: [{digest: "sha256:94afd1f2e64d908bc90dbca0035a5b567EXAMPLE", tags: ["1.0"], size_in_bytes: 52428800,
            pushed_at: "2026-01-31T12:00:00+00:00"}]
kept:
  description: The images that are kept, newest first, each with the C(reason).
  returned: success, or when ECR did not delete some of them
  type: list
  elements: dict
  sample: [{digest: "sha256:1ba29979918064e568326b2c1f4e6f4cbEXAMPLE", tags: ["1.1"], size_in_bytes: 52428800,
            pushed_at: "2026-02-28T12:00:00+00:00", reason: "the task definition shop-web:7 names it"}]
freed_bytes:
  description: The sizes of the deleted images together. Layers that other images share are not freed.
  returned: success
  type: int
  sample: 52428800
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecr, operation: BatchDeleteImage, params: {repositoryName: shop/web}}]
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - V(UsesUnseen) says that nothing was deleted, because not every use can be seen; V(Failures) comes with the images
      that ECR did not delete, as C(failures).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.image_cleanup import ImageCleanup
from ..module_utils._module import act


def main() -> None:
    act(ImageCleanup())


if __name__ == "__main__":
    main()
