//! The table of control files, in the order of their names.

use super::form::{
    Carrier, Content, ControlFile, Field, Fields, Form, Key, Member, Scale, Source, Takes, WeightRange,
};
use crate::vocabulary::controller::Controller;

/// The period of `cpu.max` in a new cgroup, in microseconds (`sched-bwc.rst`).
pub const PERIOD_US: u32 = 100_000;

/// `cpu.weight` (`cgroup-v2.rst`).
pub const WEIGHT_V2: WeightRange = WeightRange { default: 100.0, least: 1.0, most: 10_000.0 };

/// `cpu.shares` of v1 (`sched-design-CFS.rst`; the bounds are `MIN_SHARES` and `MAX_SHARES` in `kernel/sched/sched.h`).
const WEIGHT_V1: WeightRange = WeightRange { default: 1024.0, least: 2.0, most: 262_144.0 };

const CPU: Carrier = Carrier::Controller(Controller::Cpu);
const MEMORY: Carrier = Carrier::Controller(Controller::Memory);
const PIDS: Carrier = Carrier::Controller(Controller::Pids);
const CPUSET: Carrier = Carrier::Controller(Controller::Cpuset);
const IO: Carrier = Carrier::Controller(Controller::Io);
const FREEZER: Carrier = Carrier::Controller(Controller::Freezer);

type Files = &'static [&'static str];

const fn both(carrier: Carrier, v2: Source, v1: Source) -> Content {
    Content { carrier, counter: false, v2: Some(v2), v1: Some(v1) }
}

const fn v2_only(carrier: Carrier, v2: Source) -> Content {
    Content { carrier, counter: false, v2: Some(v2), v1: None }
}

const fn from(files: Files, form: Form) -> Source {
    Source { files, form }
}

/// What both versions have in files of the same name and form.
const fn same(carrier: Carrier, files: Files, form: Form) -> Content {
    both(carrier, from(files, form), from(files, form))
}

const fn counter(content: Content) -> Content {
    Content { counter: true, ..content }
}

const fn line(key: &'static str, scale: Scale) -> Form {
    Form::Line(Key::Named(key), scale)
}

const fn file(name: &'static str, whole: Content, takes: Takes) -> ControlFile {
    ControlFile { name, whole, fields: Fields::None, takes }
}

const fn fields(name: &'static str, whole: Content, fields: Fields) -> ControlFile {
    ControlFile { name, whole, fields, takes: Takes::Nothing }
}

const fn field(name: &'static str, content: Content) -> Field {
    Field { name, content }
}

/// A counter in v2's file of this name, under its own key; `v1` has it elsewhere or not at all.
const fn counts(name: &'static str, carrier: Carrier, files: Files, v1: Option<Source>) -> Field {
    field(name, Content { carrier, counter: true, v2: Some(from(files, OWN_LINE)), v1 })
}

/// Bytes that both versions count, in files of other names.
const fn bytes(v2: Files, form: Form, v1: Option<Source>) -> Content {
    Content { carrier: MEMORY, counter: false, v2: Some(from(v2, form)), v1 }
}

/// What all devices together did for the cgroup and those below; in v1 under another word.
const fn devices(name: &'static str, v1: Files, word: &'static str, scale: Scale) -> Field {
    let v2 = from(IO_STAT, Form::Devices(name, scale));
    field(name, counter(both(IO, v2, from(v1, Form::Devices(word, scale)))))
}

const OWN_LINE: Form = Form::Line(Key::Field, Scale::Plain);
const V1_CPU_TIME: Source = from(&["cpuacct.usage"], Form::Nanoseconds);
const CPU_STAT: Files = &["cpu.stat"];
const IO_STAT: Files = &["io.stat"];
const V1_IO_BYTES: Files = &["blkio.throttle.io_service_bytes_recursive"];
const V1_IO_COUNT: Files = &["blkio.throttle.io_serviced_recursive"];
const MEMORY_EVENTS: Files = &["memory.events"];
const PROCESSES: Form = Form::Members(Member::Process);
const THREADS: Form = Form::Members(Member::Thread);

/// Every control file that a lesson can name.
pub static FILES: &[ControlFile] = &[
    file(
        "cgroup.controllers",
        v2_only(Carrier::Every, from(&["cgroup.controllers"], Form::Text)),
        Takes::Nothing,
    ),
    fields(
        "cgroup.events",
        v2_only(Carrier::Every, from(&["cgroup.events"], Form::Text)),
        Fields::Known(&[
            field(
                "populated",
                both(
                    Carrier::Every,
                    from(&["cgroup.events"], OWN_LINE),
                    from(&["cgroup.procs"], Form::Populated),
                ),
            ),
            field(
                "frozen",
                both(
                    FREEZER,
                    from(&["cgroup.events"], OWN_LINE), // Whether the freezing has come about; `cgroup.freeze` says whether it was asked for.
                    from(&["freezer.state"], Form::Word(&[("THAWED", 0), ("FREEZING", 0), ("FROZEN", 1)])),
                ),
            ),
        ]),
    ),
    file(
        "cgroup.freeze",
        both(
            FREEZER,
            from(&["cgroup.freeze"], Form::Count),
            from(&["freezer.state"], Form::Word(&[("THAWED", 0), ("FREEZING", 1), ("FROZEN", 1)])),
        ),
        Takes::Number,
    ),
    file("cgroup.procs", same(Carrier::Every, &["cgroup.procs"], PROCESSES), Takes::Member),
    fields(
        "cgroup.stat",
        v2_only(Carrier::Every, from(&["cgroup.stat"], Form::Text)),
        Fields::Any(|_| v2_only(Carrier::Every, from(&["cgroup.stat"], OWN_LINE))),
    ),
    file(
        "cgroup.subtree_control",
        v2_only(Carrier::Every, from(&["cgroup.subtree_control"], Form::Text)),
        Takes::Text,
    ),
    file("cgroup.threads", v2_only(Carrier::Every, from(&["cgroup.threads"], THREADS)), Takes::Member),
    file("cgroup.type", v2_only(Carrier::Every, from(&["cgroup.type"], Form::Text)), Takes::Text),
    file(
        "tasks",
        Content { carrier: Carrier::Every, counter: false, v2: None, v1: Some(from(&["tasks"], THREADS)) },
        Takes::Member,
    ),
    file("cpu.idle", same(CPU, &["cpu.idle"], Form::Count), Takes::Number),
    ControlFile {
        name: "cpu.max",
        whole: both(
            CPU,
            from(&["cpu.max"], Form::Quota),
            from(&["cpu.cfs_quota_us", "cpu.cfs_period_us"], Form::Quota),
        ),
        fields: Fields::Known(&[field(
            "period",
            both(CPU, from(&["cpu.max"], Form::Period), from(&["cpu.cfs_period_us"], Form::Period)),
        )]),
        takes: Takes::Quota,
    },
    fields(
        "cpu.stat",
        same(CPU, CPU_STAT, Form::Text),
        Fields::Known(&[
            field(
                "usage",
                counter(both(
                    Carrier::CpuTime,
                    from(CPU_STAT, line("usage_usec", Scale::Plain)),
                    V1_CPU_TIME,
                )),
            ),
            counts("usage_usec", Carrier::CpuTime, CPU_STAT, Some(V1_CPU_TIME)),
            counts("user_usec", CPU, CPU_STAT, None),
            counts("system_usec", CPU, CPU_STAT, None),
            counts("nr_periods", CPU, CPU_STAT, Some(from(CPU_STAT, OWN_LINE))),
            counts("nr_throttled", CPU, CPU_STAT, Some(from(CPU_STAT, OWN_LINE))),
            counts(
                "throttled_usec",
                CPU,
                CPU_STAT,
                Some(from(CPU_STAT, line("throttled_time", Scale::Nanoseconds))),
            ),
            counts("nr_bursts", CPU, CPU_STAT, Some(from(CPU_STAT, OWN_LINE))),
            counts("burst_usec", CPU, CPU_STAT, Some(from(CPU_STAT, line("burst_time", Scale::Nanoseconds)))),
        ]),
    ),
    file(
        "cpu.weight",
        both(
            CPU,
            from(&["cpu.weight"], Form::Weight(WEIGHT_V2)),
            from(&["cpu.shares"], Form::Weight(WEIGHT_V1)),
        ),
        Takes::Weight,
    ),
    file("cpuset.cpus", same(CPUSET, &["cpuset.cpus"], Form::Text), Takes::Text),
    file(
        "cpuset.cpus.effective",
        both(
            CPUSET,
            from(&["cpuset.cpus.effective"], Form::Text),
            from(&["cpuset.effective_cpus"], Form::Text),
        ),
        Takes::Nothing,
    ),
    file("cpuset.mems", same(CPUSET, &["cpuset.mems"], Form::Text), Takes::Text),
    file(
        "cpuset.mems.effective",
        both(
            CPUSET,
            from(&["cpuset.mems.effective"], Form::Text),
            from(&["cpuset.effective_mems"], Form::Text),
        ),
        Takes::Nothing,
    ),
    file("io.max", v2_only(IO, from(&["io.max"], Form::Text)), Takes::Text),
    fields(
        "io.stat",
        v2_only(IO, from(IO_STAT, Form::Text)),
        Fields::Known(&[
            devices("rbytes", V1_IO_BYTES, "Read", Scale::Bytes),
            devices("wbytes", V1_IO_BYTES, "Write", Scale::Bytes),
            devices("rios", V1_IO_COUNT, "Read", Scale::Plain),
            devices("wios", V1_IO_COUNT, "Write", Scale::Plain),
        ]),
    ),
    file("io.weight", v2_only(IO, from(&["io.weight"], Form::Count)), Takes::Number),
    file(
        "memory.current",
        bytes(&["memory.current"], Form::Bytes, Some(from(&["memory.usage_in_bytes"], Form::Bytes))),
        Takes::Nothing,
    ),
    fields(
        "memory.events",
        v2_only(MEMORY, from(MEMORY_EVENTS, Form::Text)),
        Fields::Known(&[
            counts("low", MEMORY, MEMORY_EVENTS, None),
            counts("high", MEMORY, MEMORY_EVENTS, None),
            counts("max", MEMORY, MEMORY_EVENTS, Some(from(&["memory.failcnt"], Form::Count))),
            counts("oom", MEMORY, MEMORY_EVENTS, None),
            counts("oom_kill", MEMORY, MEMORY_EVENTS, Some(from(&["memory.oom_control"], OWN_LINE))),
            counts("oom_group_kill", MEMORY, MEMORY_EVENTS, None),
        ]),
    ),
    file("memory.high", bytes(&["memory.high"], Form::Limit, None), Takes::Size),
    file("memory.low", bytes(&["memory.low"], Form::Limit, None), Takes::Size),
    file(
        "memory.max",
        bytes(&["memory.max"], Form::Limit, Some(from(&["memory.limit_in_bytes"], Form::Limit))),
        Takes::Size,
    ),
    file("memory.min", bytes(&["memory.min"], Form::Limit, None), Takes::Size),
    file("memory.oom.group", v2_only(MEMORY, from(&["memory.oom.group"], Form::Count)), Takes::Number),
    file(
        "memory.peak",
        counter(bytes(
            &["memory.peak"],
            Form::Bytes,
            Some(from(&["memory.max_usage_in_bytes"], Form::Bytes)),
        )),
        Takes::Nothing,
    ),
    fields("memory.stat", same(MEMORY, &["memory.stat"], Form::Text), Fields::Any(memory_stat)),
    file(
        "memory.swap.current",
        bytes(
            &["memory.swap.current"],
            Form::Bytes,
            Some(from(&["memory.memsw.usage_in_bytes", "memory.usage_in_bytes"], Form::Beyond)),
        ),
        Takes::Nothing,
    ),
    file(
        "memory.swap.max",
        bytes(
            &["memory.swap.max"],
            Form::Limit,
            Some(from(&["memory.memsw.limit_in_bytes", "memory.limit_in_bytes"], Form::Beyond)),
        ),
        Takes::Size,
    ),
    file("memory.swap.peak", counter(bytes(&["memory.swap.peak"], Form::Bytes, None)), Takes::Nothing),
    file("pids.current", same(PIDS, &["pids.current"], Form::Count), Takes::Nothing),
    fields(
        "pids.events",
        same(PIDS, &["pids.events"], Form::Text),
        Fields::Known(&[counts("max", PIDS, &["pids.events"], Some(from(&["pids.events"], OWN_LINE)))]),
    ),
    file("pids.max", same(PIDS, &["pids.max"], Form::Count), Takes::Limit),
    file("pids.peak", counter(same(PIDS, &["pids.peak"], Form::Count)), Takes::Nothing),
];

/// A field of `memory.stat`.
fn memory_stat(field: &str) -> Content {
    const FILE: Files = &["memory.stat"];
    let events = ["pg", "workingset_", "thp_", "zswp", "numa_", "swpin", "swpout"];
    let scale = if events.iter().any(|p| field.starts_with(p)) { Scale::Plain } else { Scale::Bytes };
    let key_in_v1 = match field {
        "anon" => Key::Named("total_rss"),
        "file" => Key::Named("total_cache"),
        _ => Key::TotalOfField,
    };
    both(MEMORY, from(FILE, Form::Line(Key::Field, scale)), from(FILE, Form::Line(key_in_v1, scale)))
}
