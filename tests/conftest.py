import pytest

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor


@pytest.fixture(scope="session", params=[ScratchMLPClassifier, ScratchMLPRegressor])
def Estimator(request):
    return request.param
