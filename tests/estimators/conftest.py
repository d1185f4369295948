import pytest

from scratchmlp import ScratchMLPClassifier, ScratchMLPRegressor


@pytest.fixture(params=[ScratchMLPClassifier, ScratchMLPRegressor])
def Estimator(request):
    return request.param
