# Read by the scripts that want a Llama Stack or an OGX: venvs with them, below target/ci. Not run by itself; the working
# directory is the repository.

is_recent() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

# Python 3.12 or later, if there is one on PATH or in pyenv; PYTHON names another.
find_python() {
    local candidate
    for candidate in ${PYTHON:+"$PYTHON"} python3.12 python3.13 python3 \
        "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.1[2-9]*/bin/python3; do
        if is_recent "$candidate"; then
            echo "$candidate"
            return
        fi
    done
}

# installed NAME [REQUIREMENTS]: a venv with tests/stacks/NAME.txt, or those; its folder is what this prints. With the Python
# that $python names.
installed() {
    local venv="$PWD/target/ci/$1" requirements="${2:-tests/stacks/$1.txt}"
    if ! cmp -s "$requirements" "$venv/installed.txt"; then
        rm -rf "$venv"
        "$python" -m venv "$venv"
        "$venv/bin/python" -m pip install --quiet --disable-pip-version-check -r "$requirements" >&2
        cp "$requirements" "$venv/installed.txt"
    fi
    echo "$venv"
}

python="$(find_python)"
if [ -z "$python" ]; then
    echo "skipped: no Python 3.12 or later on PATH or in pyenv (PYTHON=${PYTHON:-})"
    exit 0
fi
mkdir -p target/ci
