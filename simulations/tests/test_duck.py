"""A database that is shared, or kept, saves opening others, and opens no file that was closed before."""

import duckdb
import pytest

from simulations.duck import Watch, connect, kept, shared, watched


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


def named(path):
    """Return the name of the database that `path` is asked of: each has one of its own."""
    with connect([path]) as connection:
        if not connection.execute("SELECT 1 FROM duckdb_databases() WHERE database_name = 'mark'").fetchall():
            connection.execute("ATTACH ':memory:' AS mark")
            return "new"
        return "known"


def test_a_kept_database_is_there_again_and_touches_its_folder_only(files, tmp_path):
    first, second, _ = files
    with kept(tmp_path):
        assert texts(first, [first]) == [("a",)]
        assert named(first) == "new"
    with kept(tmp_path):
        assert named(second) == "known"
        assert texts(second, [second]) == [("b",)]
        with pytest.raises(duckdb.PermissionException):
            texts("/etc/hostname", [second])
    assert named(first) == "new"


def test_a_kept_database_that_met_an_error_is_not_used_again(files, tmp_path):
    first = files[0]
    with kept(tmp_path):
        assert named(first) == "new"
    with pytest.raises(duckdb.Error), kept(tmp_path):
        texts(tmp_path / "none.csv", [first])
    with kept(tmp_path):
        assert named(first) == "new"
