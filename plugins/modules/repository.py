#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: repository
short_description: Manage an Amazon ECR repository
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Creates, changes or deletes a repository of container images in Amazon ECR, with its policies, the settings of its
    tags and scans, and its own tags.
  - An option that is not given leaves things as they are in AWS. A repository with immutable tags, or one that is
    scanned on push, stays so when nothing is said about it. An empty value clears.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._resource
  - longshore.ecs._attributes
options:
  name:
    description:
      - The name of the repository, with its namespaces, for example V(shop/web). Required, here or in O(definition) or
        O(src).
    type: str
    aliases: [repository_name, repositoryName]
  registry_id:
    description:
      - The account whose registry holds the repository. Your own when not given.
    type: str
    aliases: [registryId]
  image_tag_mutability:
    description:
      - Whether a tag can be pushed again. V(MUTABLE), V(IMMUTABLE), V(MUTABLE_WITH_EXCLUSION) or
        V(IMMUTABLE_WITH_EXCLUSION), in upper or lower case.
    type: str
    aliases: [imageTagMutability]
  image_tag_mutability_exclusion_filters:
    description:
      - The tags for which the opposite of O(image_tag_mutability) holds, as patterns with C(*), for example
        V([latest, dev-*]); or as dictionaries with C(filter) and C(filter_type), as AWS has them.
      - Wanted, and only taken, by the two values that end with V(_WITH_EXCLUSION). Another value removes them.
    type: raw
    aliases: [imageTagMutabilityExclusionFilters]
  image_scanning_configuration:
    description:
      - Whether images are scanned when they are pushed, as C(scan_on_push).
      - Scanning that is configured for the whole registry wins over it.
    type: dict
    aliases: [imageScanningConfiguration]
  scan_on_push:
    description:
      - The same in one word.
    type: bool
  encryption_configuration:
    description:
      - How images are encrypted, as C(encryption_type) (V(AES256), V(KMS) or V(KMS_DSSE)) and C(kms_key), which may
        be an ARN, an ID or an alias.
      - Cannot be changed in place. With O(recreate=true) the repository is deleted and created anew, without its
        images; if it holds some, that wants O(force=true) too.
    type: dict
    aliases: [encryptionConfiguration]
  policy:
    description:
      - Who may do what with the repository, as a dictionary or as JSON. It is compared by what it means, not by how it
        is written. An empty policy removes the one there is.
    type: raw
  lifecycle_policy:
    description:
      - Which images ECR expires by itself, as a dictionary or as JSON. An empty policy removes the one there is.
      - ECR does not look at what ECS uses. M(longshore.ecs.image_cleanup) does.
    type: raw
    aliases: [lifecyclePolicy]
  force:
    description:
      - Whether to delete a repository that holds images, with them.
    type: bool
    default: false
    aliases: [force_absent]
  force_set_policy:
    description:
      - Whether to set O(policy) even if it would keep you from setting another one later.
    type: bool
    default: false
  purge_policy:
    description:
      - The same as an empty O(policy), when V(true). For playbooks that come from community.aws.
    type: bool
    aliases: [delete_policy]
  purge_lifecycle_policy:
    description:
      - The same as an empty O(lifecycle_policy), when V(true). For playbooks that come from community.aws.
    type: bool
seealso:
  - module: longshore.ecs.repository_info
  - module: longshore.ecs.image_scan_info
  - module: longshore.ecs.image_cleanup
  - ref: ansible_collections.longshore.ecs.docsite.images
    description: Repositories, the gate for what scans find, and cleaning up.
"""

EXAMPLES = r"""
- name: A repository whose tags cannot be pushed twice, but for latest and those of branches
  longshore.ecs.repository:
    name: shop/web
    image_tag_mutability: IMMUTABLE_WITH_EXCLUSION
    image_tag_mutability_exclusion_filters: [latest, "branch-*"]
    scan_on_push: true
    tags:
      Application: shop

- name: Images without a tag go after two weeks
  longshore.ecs.repository:
    name: shop/web
    lifecycle_policy:
      rules:
        - rulePriority: 1
          description: Images without a tag go after two weeks
          selection:
            tagStatus: untagged
            countType: sinceImagePushed
            countUnit: days
            countNumber: 14
          action:
            type: expire

- name: Another account may pull
  longshore.ecs.repository:
    name: shop/web
    policy:
      Version: "2012-10-17"
      Statement:
        - Sid: pull
          Effect: Allow
          Principal:
            AWS: "210987654321"
          Action:
            - ecr:BatchCheckLayerAvailability
            - ecr:BatchGetImage
            - ecr:GetDownloadUrlForLayer

- name: Delete it with its images
  longshore.ecs.repository:
    name: shop/web
    force: true
    state: absent
"""

RETURN = r"""
repository:
  description:
    - The repository as AWS shows it, in the spelling of the options. It can be given back as O(definition).
    - Policies are dictionaries. What the credentials may not read is left out.
    - Empty when the repository does not exist.
  returned: success
  type: dict
  contains:
    name:
      description: The name of the repository.
      type: str
      sample: shop/web
      returned: success
    repository_arn:
      description: The ARN of the repository.
      type: str
      sample: arn:aws:ecr:eu-central-1:123456789012:repository/shop/web
      returned: success
    repository_uri:
      description: What the name of an image starts with.
      type: str
      sample: 123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web
      returned: success
    image_tag_mutability:
      description: Whether a tag can be pushed again.
      type: str
      sample: IMMUTABLE
      returned: success
    policy:
      description: Who may do what; empty when there is no policy.
      type: dict
      returned: success
    lifecycle_policy:
      description: Which images ECR expires; empty when there is no policy.
      type: dict
      returned: success
actions:
  description: The writing calls that were made or, in check mode, that would be made.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecr, operation: CreateRepository, params: {repositoryName: shop/web}}]
failure:
  description: What went wrong, as C(code), C(message), C(operation) and C(request_id).
  returned: on failure
  type: dict
"""

from ..module_utils._module import manage
from ..module_utils._resources.repository import Repository


def main() -> None:
    manage(Repository())


if __name__ == "__main__":
    main()
