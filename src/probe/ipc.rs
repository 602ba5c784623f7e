//! The tables of System V objects (`/proc/sysvipc`). They are those of the IPC namespace of the process that opens the file.

use crate::model::{Fact, Row, Value};
use crate::vocabulary::reader::Sysvipc;
use std::io;

/// The objects of a table from its text, in the kernel's order: rows with [`Sysvipc::columns`].
pub fn table(raw: String, of: Sysvipc) -> io::Result<Fact> {
    let rows = rows(&raw, of).ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    Ok(Fact { value: Value::Table(rows), raw })
}

/// The rows of such a text; nothing where it lacks a column.
fn rows(text: &str, of: Sysvipc) -> Option<Vec<Row>> {
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next()?.split_whitespace().collect();
    let places: Vec<usize> =
        of.headings().iter().map(|wanted| header.iter().position(|h| h == wanted)).collect::<Option<_>>()?;
    lines
        .map(|line| {
            let cells: Vec<&str> = line.split_whitespace().collect();
            let cell = |(column, &place): (&&str, &usize)| {
                Some(((*column).to_owned(), (*cells.get(place)?).to_owned()))
            };
            of.columns().iter().zip(&places).map(cell).collect::<Option<Vec<_>>>().map(Row)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_headings() {
        let text = "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n\
                            77          0   600           5          1   412     0     0     0     0     0 1700000000          0 1700000000\n";
        let found = rows(text, Sysvipc::Msg).expect("rows");
        assert_eq!(
            found,
            [Row::new([
                ("key", "77".to_owned()),
                ("id", "0".to_owned()),
                ("messages", "1".to_owned()),
                ("bytes", "5".to_owned())
            ])]
        );
    }

    #[test]
    fn a_table_without_a_column_is_not_guessed() {
        assert_eq!(rows("key msqid\n1 2\n", Sysvipc::Msg), None);
        assert_eq!(rows("", Sysvipc::Shm), None);
    }
}
