# What the folders of layers and functions need to build themselves. `sam build` runs make inside such a folder
# (build_in_source in samconfig.toml), so paths are relative to it.

ROOT := $(abspath ../..)
UV := $(ROOT)/.tools/uv/bin/uv
# Called by its absolute path: bytecode is of use only where Lambda's own minor version of Python compiled it.
PYTHON := $(ROOT)/.venv/bin/python

# The wheels' platform. `make build` sets it to fit the template's Architecture; this fits that parameter's default.
PLATFORM ?= aarch64-manylinux_2_28

# Not `wildcard`, which takes a path with a space for two.
ifeq ($(shell test -x "$(PYTHON)" && echo found),)
$(error $(PYTHON) is missing: run `make setup` in $(ROOT) first)
endif

# $(call configuration,FOLDER): fanin.toml and the files that it is made of, and what they come to, read and checked.
define configuration
@"$(PYTHON)" -m fanin.local.sam.configuration copy "$(1)"
endef

# $(call wheels,FOLDER,LOCK): the wheels that a file locks, by default requirements.txt, less what no function reads: test suites, type stubs,
# scripts, the installer's notes. METADATA stays for importlib.metadata, licences for their terms. The roots that certifi has are
# there one by one, too: docs/decisions/0077-a-cold-start-makes-what-it-uses.md of fanin.
define wheels
@"$(UV)" pip install --quiet --require-hashes --only-binary :all: --no-deps --link-mode copy \
	--python "$(PYTHON)" --python-platform "$(PLATFORM)" --python-version 3.13 \
	--target "$(1)" --requirements "$(or $(2),requirements.txt)"
@find "$(1)" -depth -type d \( -name tests -o -name _tests -o -name __pycache__ \) -exec rm -rf {} +
@find "$(1)" -name '*.pyi' -delete
@find "$(1)" -path '*.dist-info/*' -type f \( -name RECORD -o -name WHEEL -o -name INSTALLER -o -name REQUESTED \
	-o -name 'uv_*.json' -o -name direct_url.json -o -name top_level.txt \) -delete
@rm -rf "$(1)/bin" "$(1)/.lock"
@"$(PYTHON)" -m fanin.local.sam.roots "$(1)"
endef

# $(call without_pydantic_v1,FOLDER): pydantic's first version, unless a package or a handler names it. FastAPI asks of every
# parameter whether its type is one of it, for which it imports it; without it, the answer is no.
define without_pydantic_v1
@grep -rqE 'pydantic(\.| import )v1|__get_validators__' --include '*.py' --exclude-dir pydantic --exclude-dir fastapi \
	"$(1)" "$(ROOT)/functions" || rm -rf "$(1)/pydantic/v1"
endef

# $(call compile,FOLDER,MOUNT): bytecode for every module below FOLDER, which Lambda mounts as MOUNT. Unchecked, since
# a zip changes the times that Python would compare. With MOUNT, tracebacks name Lambda's paths, and two builds of the
# same source are equal.
define compile
@"$(PYTHON)" -m compileall -q -f --invalidation-mode unchecked-hash -s "$(1)" -p "$(2)" "$(1)"
endef
