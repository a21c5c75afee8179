#ifndef CSQLITE_SETTINGS_H
#define CSQLITE_SETTINGS_H

/// Stops SQLite from counting its memory, which takes a lock at every allocation. Must be called before the first
/// connection is opened; later calls have no effect. Returns SQLite's result code.
///
/// In C, since `sqlite3_config` takes variable arguments, which Swift cannot call.
int csqlite_stop_memory_statistics(void);

#endif
