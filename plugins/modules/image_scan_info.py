#!/usr/bin/python
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: image_scan_info
short_description: Wait for the scan of an image in Amazon ECR, and judge what it found
version_added: 1.0.0
author:
  - the longshore.ecs authors (@longshore)
description:
  - Reads what basic or enhanced scanning found in an image, after waiting for the scan if it is under way.
  - With O(fail_on) it is a gate. It fails when there is a finding that is as bad as that, or worse, and that O(allow)
    does not name. A scan that is missing, broken or not done fails too.
  - Of an image for several platforms, the image of each platform is judged. What a builder adds to it, such as
    attestations, is not.
  - Nothing is changed, unless O(start_scan=true) starts a scan.
extends_documentation_fragment:
  - amazon.aws.common.modules
  - amazon.aws.region.modules
  - longshore.ecs._attributes
options:
  image:
    description:
      - The image by its full name, as a task definition has it, for example
        V(123456789012.dkr.ecr.eu-central-1.amazonaws.com/shop/web:1.2). When it names a digest, the tag beside it does
        not count.
      - Give either this or O(repository).
    type: str
  repository:
    description:
      - The repository of the image. Wants O(tag) or O(digest).
    type: str
  tag:
    description:
      - The tag of the image.
    type: str
  digest:
    description:
      - The digest of the image. When it is given, O(tag) does not count.
    type: str
  registry_id:
    description:
      - The account whose registry holds O(repository). Your own when not given.
    type: str
  platform:
    description:
      - Judge the images for this platform alone, for example V(linux/arm64).
    type: str
  start_scan:
    description:
      - Whether to start a scan when none was ever made. ECR takes this with basic scanning, once a day for an image.
      - In check mode no scan is started, and the gate is not judged.
    type: bool
    default: false
  fail_on:
    description:
      - Fail when there is a finding of this severity or a worse one. V(undefined) and V(any) take every finding.
      - When it is not given, findings are told and never fail.
    type: str
    choices: [critical, high, medium, low, informational, undefined, any]
  allow:
    description:
      - Vulnerabilities that are known and allowed.
      - An entry whose day has passed counts no longer, and earns a warning. An entry that matches no finding is told in
        the result.
    type: list
    elements: dict
    default: []
    suboptions:
      cve:
        description:
          - The vulnerability, by its name in the scan or by another name of it that the scan tells.
        type: str
        required: true
      until:
        description:
          - The last day (UTC) on which it is allowed, for example V(2026-12-31). For good when not given.
        type: str
      reason:
        description:
          - Why it is allowed.
        type: str
  wait:
    description:
      - Whether to wait for a scan that is under way.
    type: bool
    default: true
  wait_timeout:
    description:
      - How many seconds to wait at most. When the time is over the task fails; the scan goes on.
    type: int
    default: 900
attributes:
  diff_mode:
    support: N/A
    description: There is no change to show.
seealso:
  - module: longshore.ecs.repository
  - module: longshore.ecs.image_cleanup
  - ref: ansible_collections.longshore.ecs.docsite.images
    description: Repositories, the gate for what scans find, and cleaning up.
"""

EXAMPLES = r"""
- name: Wait for the scan, and stop the release when it found something serious
  longshore.ecs.image_scan_info:
    repository: shop/web
    tag: "1.2"
    start_scan: true
    fail_on: high
    allow:
      - cve: CVE-9999-9999
        until: "2099-12-31"
        reason: We do not use the function that it is about
  register: scanned

- name: What is in it
  ansible.builtin.debug:
    var: scanned.image_scan.counts
"""

RETURN = r"""
image_scan:
  description: What was judged, and what came of it.
  returned: when there is a scan, also when the gate fails
  type: dict
  contains:
    repository:
      description: The repository.
      type: str
      sample: shop/web
      returned: success
    digest:
      description: The digest of the image.
      type: str
      sample: sha256:94afd1f2e64d908bc90dbca0035a5b567EXAMPLE
      returned: success
    tags:
      description: The tags of the image.
      type: list
      elements: str
      returned: success
    complete:
      description: Whether all scans are done.
      type: bool
      returned: success
    scans:
      description: The scans that were judged, each with C(digest), C(platform), C(status), C(source) (V(basic) or
        V(enhanced)), C(scanned_at) and C(vulnerability_source_updated_at).
      type: list
      elements: dict
      returned: success
    counts:
      description: How many findings there are of each severity.
      type: dict
      sample: {critical: 0, high: 1, medium: 4, low: 0, informational: 2, undefined: 0}
      returned: success
    findings:
      description: The findings, each with C(name), C(severity), C(package), C(version), C(fixed_in), C(uri),
        C(also_known_as) and the C(digest) of the image that it is in.
      type: list
      elements: dict
      returned: success
    gate:
      description: The limit as C(fail_on), whether the image C(passed), the findings that were C(allowed), and the
        entries of O(allow) that are C(expired) or C(unmatched).
      type: dict
      returned: success
actions:
  description: The scans that were started or, in check mode, that would be started.
  returned: always
  type: list
  elements: dict
  sample: [{service: ecr, operation: StartImageScan, params: {repositoryName: shop/web}}]
failure:
  description:
    - What went wrong, as C(code), C(message), C(operation) and C(request_id).
    - V(ScanGate) comes with C(findings), those that stopped the image. Others are V(NotScanned), V(ScanNotDone),
      V(ScanFailed), V(ScanUnsupported), V(ScanUnavailable) and V(TimedOut).
  returned: on failure
  type: dict
"""

from ..module_utils._actions.image_scan import ImageScan
from ..module_utils._module import act


def main() -> None:
    act(ImageScan())


if __name__ == "__main__":
    main()
