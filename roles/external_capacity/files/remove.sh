#!/bin/sh
# Copyright: the longshore.ecs authors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Stops the agents of ECS Anywhere, and removes them with all they know. Docker stays, since others may use it.
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-anywhere-deregistration.html
set -eu

for service in ecs amazon-ssm-agent snap.amazon-ssm-agent.amazon-ssm-agent; do
  systemctl disable --now "$service" 2>/dev/null || true
done
docker rm --force ecs-agent >/dev/null 2>&1 || true

if command -v dpkg >/dev/null; then
  for package in amazon-ecs-init amazon-ssm-agent; do
    if dpkg --status "$package" >/dev/null 2>&1; then
      apt-get remove --yes "$package"
    fi
  done
elif command -v rpm >/dev/null; then
  for package in amazon-ecs-init amazon-ssm-agent; do
    if rpm --query "$package" >/dev/null 2>&1; then
      rpm --erase "$package"
    fi
  done
fi

rm -rf /var/lib/ecs /etc/ecs /var/lib/amazon/ssm /var/log/ecs /var/log/amazon/ssm
