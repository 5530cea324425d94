"""A shared database saves opening others, and opens no file to anybody that was closed before."""

import duckdb
import pytest

from simulations.duck import Watch, connect, shared, watched


@pytest.fixture
def files(tmp_path):
    """Three small files."""
    paths = [tmp_path / f"{name}.csv" for name in "abc"]
    for path in paths:
        path.write_text(f"text\n{path.stem}\n")
    return paths


def texts(path, paths):
    with connect(paths) as connection:
        return connection.execute("FROM read_csv($1)", [str(path)]).fetchall()


def test_connections_within_a_shared_one_read_its_files_and_no_others(files):
    first, second, third = files
    with shared([first, second]):
        assert texts(first, [first]) == [("a",)]
        assert texts(second, [first, second]) == [("b",)]
        with pytest.raises(duckdb.PermissionException):
            texts(third, [first])
    with pytest.raises(duckdb.PermissionException):
        texts(second, [first])


def test_a_file_that_is_not_shared_gets_a_database_of_its_own(files):
    first, second, _ = files
    with shared([first]):
        assert texts(second, [second]) == [("b",)]


def test_temporary_tables_are_not_shared(files):
    with shared(files):
        for _ in range(2):
            with connect(files) as connection:
                connection.execute("CREATE TEMP TABLE waits AS SELECT 1")


def test_what_is_watched_can_be_stopped_beside_a_shared_database(files):
    watch = Watch()
    with shared(files), watched(watch):
        assert texts(files[0], files) == [("a",)]
        assert watch.progress()[0] == 1
