# SPDX-License-Identifier: Apache-2.0
"""Several attaches at once through registries without the referrers API: every one is listed, or says that it is not.
`make interop` does the same fifty times."""

import pytest

from support.race import attach_at_once


@pytest.mark.parametrize("registry", ["docker_registry", "distribution"])
def test_nobody_is_lost_without_a_word(wpack, module, registry, request):
    host = request.getfixturevalue(registry)().host
    for n in range(2):
        ref = f"{host}/race/r{n}:1"
        wpack("push", module, ref)
        said, failed, listed = attach_at_once(wpack, ref, 8)
        assert said <= listed
        assert len(said) + len(failed) == 8
        for rc, err in failed:
            assert rc == 5 and "other writers keep replacing the list of referrers" in err
