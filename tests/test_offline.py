"""The tests, and the notebooks they run, cannot reach the network."""

import socket

import nbformat
import pytest
from nbclient import NotebookClient

ELSEWHERE = ("192.0.2.1", 80)  # an address that belongs to nobody
CONNECT = f"import socket; socket.create_connection({ELSEWHERE!r}, timeout=5)"
LOOPBACK = """
import socket
server = socket.create_server(("127.0.0.1", 0))
socket.create_connection(server.getsockname(), timeout=5).close()
print("connected")
"""


def test_a_test_cannot_connect_elsewhere():
    with pytest.raises(OSError, match="run offline"):
        socket.create_connection(ELSEWHERE, timeout=5)


def test_a_name_is_not_looked_up():
    with pytest.raises(OSError, match="run offline"):
        socket.getaddrinfo("example.org", 80)


def test_this_machine_can_be_reached():
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


@pytest.mark.slow
def test_a_notebook_cannot_connect_elsewhere_but_reaches_this_machine():
    cells = [nbformat.v4.new_code_cell(text) for text in (CONNECT, LOOPBACK)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    refused, reached = (cell.outputs[0] for cell in notebook.cells)
    assert "run offline" in refused.evalue
    assert reached.text == "connected\n"
