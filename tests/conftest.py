import pytest

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor


@pytest.fixture(scope="session", params=[ScratchMLPClassifier, ScratchMLPRegressor])
def Estimator(request):
    return request.param


def pytest_make_parametrize_id(val):
    """Name a case by its kind if its bytes are an archive, such as a workbook.

    Archives contain the second in which they are made. Processes that collect the same tests in
    different seconds would not agree on the names.
    """
    return "archive" if isinstance(val, bytes) and val.startswith(b"PK") else None
