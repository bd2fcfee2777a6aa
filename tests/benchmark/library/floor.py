# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The least that a module can do: start, import botocore, make one client, and make the calls themselves."""

from __future__ import annotations

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    """Make the calls given as [[operation, parameters], ...]; with none, not even botocore is imported."""
    module = AnsibleModule({"calls": {"type": "list", "elements": "list", "default": []}}, supports_check_mode=True)
    if module.params["calls"]:
        import botocore.session  # noqa: PLC0415

        client = botocore.session.Session().create_client("ecs")
        for operation, parameters in module.params["calls"]:
            client._make_api_call(operation, parameters)
    module.exit_json(changed=False)


if __name__ == "__main__":
    main()
