#!/bin/sh
# Opens the labs. The first time it installs them, which takes some minutes.
cd "$(dirname "$0")" || exit 2
for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
  if "$python" -c 'import sys; sys.exit(sys.version_info[:3] < (3, 11, 5))' 2>/dev/null; then
    exec "$python" install/start.py "$@"
  fi
done
echo "Python 3.11.5 or newer is needed, and none was found. Get one at https://www.python.org" >&2
exit 2
