"""Right answers of lab 03 as text, in which a test replaces a line: the engine, a numerical gradient, layers."""

import math
from typing import Any

import numpy as np
from lesson import Lesson, edited

DIFFERENCES = """
def numerical_gradient(f, x, eps=1e-5):
    x = np.array(x, dtype=float)
    grad = np.zeros(x.shape)
    for place in np.ndindex(x.shape):
        kept = x[place]
        x[place] = kept + eps
        above = f(x)
        x[place] = kept - eps
        below = f(x)
        x[place] = kept
        grad[place] = (above - below) / (2 * eps)
    return grad
"""
DENSE = """
def dense_backward(dY, X, W):
    dX = dY @ W
    dW = dY.T @ X
    db = dY.sum(0)
    return dX, dW, db

def relu_backward(dA, Z):
    return dA * (Z > 0)
"""
ENGINE = """
class Value(Arithmetic):
    def __init__(self, data, parents=(), slopes=()):
        self.data, self.grad = float(data), 0.0
        self.parents, self.slopes = parents, slopes

    def __add__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        other = other if isinstance(other, Value) else Value(other)
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def backward_order(self):
        finished, met, todo = [], set(), [(self, False)]
        while todo:
            value, ready = todo.pop()
            if ready:
                finished.append(value)
            elif id(value) not in met:
                met.add(id(value))
                todo.append((value, True))
                todo.extend((parent, False) for parent in value.parents)
        return finished[::-1]

    def backward(self):
        order = self.backward_order()
        arrived = {id(value): 0.0 for value in order}
        arrived[id(self)] = 1.0
        for value in order:
            value.grad += arrived[id(value)]
            for parent, slope in zip(value.parents, value.slopes):
                arrived[id(parent)] += slope * arrived[id(value)]

    def __pow__(self, k):
        return Value(self.data**k, (self,), (k * self.data ** (k - 1),))

    def exp(self):
        out = math.exp(self.data)
        return Value(out, (self,), (out,))

    def tanh(self):
        out = math.tanh(self.data)
        return Value(out, (self,), (1 - out**2,))

    def relu(self):
        return Value(max(self.data, 0.0), (self,), (float(self.data > 0),))

    def sin(self):
        return Value(math.sin(self.data), (self,), (math.cos(self.data),))

    def log(self):
        return Value(math.log(self.data), (self,), (1 / self.data,))

    def sigmoid(self):
        out = 1 / (1 + math.exp(-self.data))
        return Value(out, (self,), (out * (1 - out),))
"""
SOURCES = {"numerical_gradient": DIFFERENCES, "dense_backward": DENSE, "Value": ENGINE}
ARITHMETIC = Lesson("03_chain_rule").cells()["arithmetic"].source


def build(name: str, *changes: tuple[str, str]) -> dict[str, Any]:
    """Return what a source binds, with some of its text replaced."""
    source = edited(SOURCES[name], *changes)
    names: dict[str, Any] = {"np": np, "math": math}
    exec(ARITHMETIC, names)
    exec(source, names)
    return names


def engine(*changes: tuple[str, str]) -> type:
    """Return the class Value with some of its text replaced."""
    return build("Value", *changes)["Value"]


# --- other methods of the engine, all wrong in a known way

FIRST_MET = """        order = []
        def visit(value):
            if value not in order:
                order.append(value)
                [visit(parent) for parent in value.parents]
        visit(self)
        return order
"""
RECURSIVE_ORDER = """        order = []
        def visit(value):
            if value not in order:
                [visit(parent) for parent in value.parents]
                order.append(value)
        visit(self)
        return order[::-1]
"""
BY_BREADTH = """        order, todo = [], [self]
        while todo:
            value = todo.pop(0)
            if value not in order:
                order.append(value)
                todo.extend(value.parents)
        return order
"""
EQUAL = """    def __eq__(self, other):
        return self.data == other.data

    def __hash__(self):
        return hash(self.data)

    def backward_order(self):
"""
ORDER_BODY = ENGINE[ENGINE.index("        finished, met") : ENGINE.index("    def backward(self)")].rstrip("\n") + "\n"
ORDER_METHOD = "    def backward_order(self):\n" + ORDER_BODY
BACKWARD_BODY = ENGINE[ENGINE.index("        order = self.backward_order()") : ENGINE.index("    def __pow__")]
RECURSIVE = """        self.grad = self.grad or 1.0
        for parent, slope in zip(self.parents, self.slopes):
            parent.grad += slope * self.grad
            parent.backward()

"""
ADD_FIRST = """        self.grad = self.grad or 1.0
        for parent, slope in zip(self.parents, self.slopes):
            parent.grad += slope * self.grad
        for parent in self.parents:
            parent.backward()

"""
HANDED_ON = """        self.grad += 1.0
        todo = [self]
        while todo:
            value = todo.{}
            for parent, slope in zip(value.parents, value.slopes):
                parent.grad += slope * value.grad
                todo.append(parent)

"""
PASSES = "slope * arrived[id(value)]"
BY_NUMBER = (
    ("    def backward_order(self):\n", EQUAL),
    ("id(value) not in met", "value not in met"),
    ("met.add(id(value))", "met.add(value)"),
)
