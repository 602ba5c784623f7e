[
    // The texts of these lessons do not say yet how to tidy up.
    ("user", "file /tmp/tmp."),
    ("mount", "file /tmp/"),
    ("overlay", "file ~/"),
    ("cgroup-cpu", "process"),
    ("cgroup-cpu", "cgroup"),
    ("cgroup-cpu", "file ~/"),
    ("cgroup-memory", "cgroup"),
]
