# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An honest Amazon ECS emulator for tests.

It answers ECS by the rules AWS documents and leaves every other service to moto, behind one loopback port.
It shares no line with the collection it helps to test: two readings of AWS, so that one can catch the other.
"""
