"""Parts of `to_onnx` that all estimators share: a graph of operators, built node by node.

A graph computes in float64, for rows of float32 too: the labels of the graph are the labels of
``predict``. A graph uses operators of opset 13 alone; onnxruntime has them for float64 since
version 1.8.
"""

from __future__ import annotations

import importlib
import json
from typing import Any, Literal, TypeAlias

import numpy as np

from .._inputs.parameters import check_option
from .._version import __version__

__all__ = ["Graph", "OnnxType"]

OnnxType: TypeAlias = Literal["float32", "float64"] | type[np.floating[Any]] | np.dtype[Any]
"""Types of the rows that an ONNX model takes: float32 and float64, by name or as NumPy has them."""

OPSET, IR_VERSION = 13, 7  # both since ONNX 1.8, of 2020
MAX_BYTES = (1 << 31) - (1 << 20)
"""Bytes of the arrays of a model: protobuf writes at most 2 GiB, of which the nodes need some."""


class Graph:
    """An ONNX graph whose nodes are added one after the other.

    Parameters
    ----------
    estimator : Estimator
        Fitted; the model names its class and features.
    dtype : {"float32", "float64"} or numpy.dtype
        Type of the input "X" and of the outputs that are not labels.

    Raises
    ------
    ImportError
        If onnx is not installed.
    TypeError, ValueError
        If `dtype` is neither.
    """

    def __init__(self, estimator, dtype):
        if isinstance(dtype, np.dtype):
            dtype = dtype.name
        elif isinstance(dtype, type) and issubclass(dtype, np.generic):
            dtype = dtype.__name__
        check_option("dtype", dtype, ("float32", "float64"))
        self._onnx = _import_onnx()
        self._estimator = estimator
        types = self._onnx.TensorProto
        self._double = types.DOUBLE
        self._type = {"float32": types.FLOAT, "float64": types.DOUBLE}[dtype]
        self._nodes, self._constants, self._outputs = [], {}, []

    def rows(self):
        """Name of the rows in float64."""
        return self.node("Cast", "X", to=self._double)

    def constant(self, value):
        """Add an array to the model, and return its name.

        Parameters
        ----------
        value : array-like
            float64 or int64.

        Returns
        -------
        name : str
        """
        name = f"constant_{len(self._constants)}"
        self._constants[name] = np.ascontiguousarray(value).reshape(np.shape(value))
        return name

    def node(self, operator, *inputs, **attributes):
        """Add a node, and return the name of its output.

        Parameters
        ----------
        operator : str
            Name of the operator.
        *inputs : str or array-like
            Names of values, or arrays that become constants.
        **attributes : object
            Attributes of the node.

        Returns
        -------
        name : str
        """
        output = f"{operator}_{len(self._nodes)}"
        names = [each if isinstance(each, str) else self.constant(each) for each in inputs]
        make = self._onnx.helper.make_node
        self._nodes.append(make(operator, names, [output], name=output, **attributes))
        return output

    def give_labels(self, value):
        """Make a value of type int64 the output "label", of shape (n_samples,)."""
        self._give("label", value, self._onnx.TensorProto.INT64, ())

    def give(self, name, value, *shape):
        """Make a value of type float64 an output of the type of the input.

        Parameters
        ----------
        name : str
            Name of the output.
        value : str
        *shape : int
            The shape of a row of the output.
        """
        if self._type != self._double:
            value = self.node("Cast", value, to=self._type)
        self._give(name, value, self._type, shape)

    def _give(self, name, value, type_, shape):
        helper = self._onnx.helper
        self._nodes.append(helper.make_node("Identity", [value], [name], name=name))
        self._outputs.append(helper.make_tensor_value_info(name, type_, ["n_samples", *shape]))

    def model(self):
        """The model, with the version of mixclust and the names of the features.

        Returns
        -------
        model : onnx.ModelProto

        Raises
        ------
        ValueError
            If its arrays take more than the 2 GiB that a file can hold.
        """
        helper, estimator = self._onnx.helper, self._estimator
        n_bytes = sum(value.nbytes for value in self._constants.values())
        if n_bytes > MAX_BYTES:
            raise ValueError(
                f"the arrays of the model take {n_bytes / 2**30:.3g} GiB, but an ONNX file holds "
                "at most 2 GiB; fit fewer clusters or components, or fewer features."
            )
        name, n_features = type(estimator).__name__, estimator.n_features_in_
        graph = helper.make_graph(
            self._nodes,
            name,
            [helper.make_tensor_value_info("X", self._type, ["n_samples", n_features])],
            self._outputs,
            [self._onnx.numpy_helper.from_array(v, k) for k, v in self._constants.items()],
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            producer_name="mixclust",
            producer_version=__version__,
            ir_version=IR_VERSION,
        )
        properties = {"mixclust_version": __version__, "estimator": name}
        if hasattr(estimator, "feature_names_in_"):
            names = [str(each) for each in estimator.feature_names_in_]
            properties["feature_names"] = json.dumps(names, ensure_ascii=False)
        helper.set_model_props(model, properties)
        return model


def _import_onnx():
    """The package onnx, with the modules that a graph needs.

    Raises
    ------
    ImportError
        If it cannot be imported. The message tells how to install it.
    """
    try:
        importlib.import_module("onnx.helper")
        importlib.import_module("onnx.numpy_helper")
        return importlib.import_module("onnx")
    except ImportError as error:
        raise ImportError(
            f"to_onnx needs onnx, which cannot be imported ({error}); "
            "run: pip install 'mixclust[onnx]'"
        ) from error
