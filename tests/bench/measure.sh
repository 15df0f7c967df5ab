# What the benches share: measuring a query in a backend of its own, the sums, and how figures are printed. Sourced by
# tests/bench/run, models, segments, baskets, journey and kept_scores, which run beside a private server (tests/server) on
# Linux: times and memory of a backend are read from /proc.
set -eu
export LC_ALL=C
: "${SERVER_DATA:?Run this through tests/server.}"
repeat=${BENCH_REPEAT:-5}
postmaster=$(head -n 1 "$SERVER_DATA/postmaster.pid")
work=$(mktemp -d)
client=

# Background children do not hear Ctrl-C by themselves.
stop() {
    [ -z "$client" ] || kill "$client" 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

sql() {
    psql -XqAt -v ON_ERROR_STOP=1 "$@"
}

# --- Numbers: times in microseconds, sizes in bytes, ratios in hundredths, so that the shell can do the sums. ---

seconds() {
    printf '%d.%03d' $(($1 / 1000000)) $(($1 % 1000000 / 1000))
}

hundredths() {
    printf '%d.%02d' $(($1 / 100)) $(($1 % 100))
}

ratio() {
    echo $(((100 * $1 + $2 / 2) / $2))
}

grouped() {
    echo "$1" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'
}

# --- Measuring ---

# The CPU time of a process so far. The scheduler counts nanoseconds; without its count there are ticks of 10 ms.
cpu_of() {
    local time
    if [ -r "/proc/$1/schedstat" ]; then
        read -r time _ <"/proc/$1/schedstat"
        echo $((time / 1000))
    else
        ticks "$1" 11
    fi
}

# The parallel workers of a query are children of the postmaster, which is charged for them when they have ended.
cpu_of_workers() {
    ticks "$postmaster" 13
}

# The times at a place in /proc/PID/stat and the next, counted from behind the name of the program.
ticks() {
    local line fields
    line=$(<"/proc/$1/stat")
    read -r -a fields <<<"${line##*) }"
    echo $(((fields[$2] + fields[$2 + 1]) * 10000))
}

# The private memory of a process at its peak: the kernel's high-water mark less what is shared. Shared pages were all
# touched before the measured query, so that their number at the end is that at the peak.
peak_of() {
    awk '/^VmHWM:/ { peak = $2 } /^Rss(File|Shmem):/ { shared += $2 } END { print peak - shared }' "/proc/$1/status"
}

ask() {
    printf '%s;\n\\echo done\n' "$1" >&"$to"
    local line
    answer=
    while read -r line <&"$from"; do
        [ "$line" = done ] && return
        answer=$line
    done
    echo "psql ended before it answered: $1" >&2
    exit 1
}

# measure FILE SETTINGS TABLE QUERY: adds a line "wall CPU peak answer" to the file. Each query has a backend of its
# own, that has read the table once before, so that no query pays for mapping shared memory and none inherits memory.
measure() {
    local file=$1 settings=$2 warm=$3 query=$4 backend start end made cpu peak
    coproc session { exec psql -XqAt -v ON_ERROR_STOP=1; }
    client=$session_PID
    exec {from}<&"${session[0]}" {to}>&"${session[1]}"
    ask "$settings"
    ask "SELECT pg_backend_pid()"
    backend=$answer
    ask "$warm"
    cpu=$(($(cpu_of "$backend") + $(cpu_of_workers)))
    start=${EPOCHREALTIME/./}
    ask "$query"
    made=$answer
    end=${EPOCHREALTIME/./}
    cpu=$(($(cpu_of "$backend") + $(cpu_of_workers) - cpu))
    peak=$(peak_of "$backend")
    echo '\q' >&"$to"
    wait "$client" || true
    client=
    exec {from}<&- {to}>&-
    # Until the postmaster has noticed, its time would be counted as that of a worker of the next query.
    while [ -e "/proc/$backend" ]; do sleep 0.01; done
    echo "$((end - start)) $cpu $peak $made" >>"$file"
}

# statistic NAME COLUMN minimum|median|maximum
statistic() {
    cut -d ' ' -f "$2" "$work/$1" | sort -n | awk -v which="$3" '
        { value[NR] = $1 }
        END {
            if (which == "minimum") print value[1]
            else if (which == "maximum") print value[NR]
            else printf "%.0f\n", (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2
        }'
}

# --- What is measured: name, heading or table, label, settings, what is read before, query ---

clear() {
    names=() bases=() labels=() settings=() warms=() queries=()
}

add() {
    names+=("$1") bases+=("$2") labels+=("$3") settings+=("$4") warms+=("$5") queries+=("$6")
}

# All rows are made and none is sent: a query inside of count(*) would lose the columns that nobody asks for.
drained() {
    echo "$1 OFFSET 1000000000"
}

# All that was added, BENCH_REPEAT times in turns. What has "program" for settings is a command that prints the line.
take_turns() {
    local round i
    rm -f "${names[@]/#/$work/}"
    spilled=$(bytes_spilled)
    for ((round = 1; round <= repeat; round++)); do
        echo "round $round of $repeat" >&2
        for i in "${!names[@]}"; do
            if [ "${settings[$i]}" = program ]; then
                ${queries[$i]} >>"$work/${names[$i]}"
            else
                measure "$work/${names[$i]}" "${settings[$i]}" "${warms[$i]}" "${queries[$i]}"
            fi
        done
    done
    spilled=$(($(bytes_spilled) - spilled))
}

bytes_spilled() {
    sql -c "SELECT temp_bytes FROM pg_stat_database WHERE datname = current_database()"
}

# check WHAT ANSWER RIGHT_ANSWER
check() {
    if [ "$2" = "$3" ]; then
        printf '    ok: %s: %s\n' "$1" "$2"
    else
        printf '    WRONG: %s: %s, and not %s\n' "$1" "$2" "$3"
        exit 1
    fi
}

# --- What is printed ---

facts() {
    local cpu memory commit
    cpu=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1)
    memory=$(awk '/^MemTotal:/ { printf "%.1f", $2 * 1024 / 1e9 }' /proc/meminfo)
    commit=$(git -C "$here" rev-parse --short HEAD 2>/dev/null || echo unknown)
    [ -z "$(git -C "$here" status --porcelain 2>/dev/null)" ] || commit="$commit, with changes"
    echo "CPU         ${cpu:-$(uname -m)}, $(getconf _NPROCESSORS_ONLN) cores; load $(cut -d ' ' -f 1 /proc/loadavg)"
    echo "memory      $memory GB"
    echo "server      PostgreSQL $(sql -c 'SHOW server_version')"
    echo "clientele   commit $commit"
    echo "settings    $(sql <<'SQL'
SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY name) FROM pg_settings
WHERE name IN ('shared_buffers', 'jit', 'work_mem', 'hash_mem_multiplier')
SQL
    )"
    echo "            $(sql <<'SQL'
SELECT string_agg(name || '=' || current_setting(name), ' ' ORDER BY name) FROM pg_settings
WHERE name IN ('max_parallel_workers_per_gather', 'huge_pages', 'autovacuum')
SQL
    )"
    cat <<'TEXT'

Each query is timed in a backend of its own that has read the table once; the queries take turns. All
rows are made and none is sent. Peak is private memory: what shared_buffers take is not counted.
TEXT
}

describe_table() {
    local size cached
    size=$(sql -c "SELECT pg_relation_size('$1') / 1000000")
    cached="all of it in shared_buffers"
    if sql -c "EXPLAIN (ANALYZE, BUFFERS, TIMING off) SELECT count(*) FROM $1" | grep -q 'Buffers:.* read='; then
        cached="NOT all of it in shared_buffers"
    fi
    printf '    %-14s %5d MB, %s; %s\n' "$1" "$size" "$cached" "$2"
}

header() {
    echo
    printf '%-37s %9s %9s %9s %9s %9s %8s\n' "$1" "wall s" "median" "/count(*)" "CPU s" "/count(*)" "peak MB"
}

print_row() {
    local name=${names[$1]} base=${bases[$1]}.count wall cpu peak
    wall=$(statistic "$name" 1 median)
    cpu=$(statistic "$name" 2 median)
    peak=$(($(statistic "$name" 3 maximum) * 1024 / 1000000))
    # Of the processes of a parallel query, only the first is seen.
    [ "${name%%.*}" = parallel ] && peak=-
    printf '  %-35s %9s %9s %9s %9s %9s %8s\n' "${labels[$1]}" "$(seconds "$(statistic "$name" 1 minimum)")" \
        "$(seconds "$wall")" "$(hundredths "$(ratio "$wall" "$(statistic "$base" 1 median)")")" \
        "$(seconds "$cpu")" "$(hundredths "$(ratio "$cpu" "$(statistic "$base" 2 median)")")" "$peak"
}

# A table for each first part of the names that heading_of knows; what it does not know follows in the same table.
report() {
    local i part= heading
    for i in "${!names[@]}"; do
        if [ "${names[$i]%%.*}" != "$part" ]; then
            part=${names[$i]%%.*}
            heading=$(heading_of "$part")
            [ -z "$heading" ] || header "$heading"
        fi
        print_row "$i"
    done
    echo
    echo "  Written to temporary files by all of these queries together: $((spilled / 1000000)) MB"
}

# target WHAT SIGN TARGET UNIT MEASURED [OF_MINIMA]: the numbers in hundredths. What is judged is MEASURED, the ratio of
# the medians; that of the shortest times is told beside, for it bears a busy machine better.
target() {
    local verdict=missed
    case $2 in
    '<=') [ "$5" -le "$3" ] && verdict=met ;;
    '>=') [ "$5" -ge "$3" ] && verdict=met ;;
    esac
    printf '  %-46s %2s %7s %9s %-6s %-7s %9s\n' "$1" "$2" "$(hundredths "$3")" "$(hundredths "$5")" "$4" "$verdict" \
        "${6:+$(hundredths "$6")}" | sed 's/ *$//'
}

# target_ratio WHAT SIGN TARGET NAME NAME COLUMN
target_ratio() {
    target "$1" "$2" "$3" "x" "$(ratio "$(statistic "$4" "$6" median)" "$(statistic "$5" "$6" median)")" \
        "$(ratio "$(statistic "$4" "$6" minimum)" "$(statistic "$5" "$6" minimum)")"
}
