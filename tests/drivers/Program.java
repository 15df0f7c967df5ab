import java.nio.file.*;
import java.sql.*;
import java.time.*;
import java.util.*;
import org.postgresql.util.PGInterval;
import org.postgresql.util.PGobject;

/** The idiom of JDBC in each of its modes, and what its section says about it. */
class Program {
    interface Call {
        Object result() throws Exception;
    }

    static final LocalDateTime JULY = LocalDateTime.of(2017, 7, 1, 0, 0);
    /** The last order of the best customer in June. */
    static final LocalDateTime AT = LocalDateTime.of(2017, 6, 25, 16, 23, 3);
    static final String LONG =
            "SELECT clientele.fit_kmeans(clientele.feature_set(i, ARRAY[sin(i), cos(i * 1.7), sin(i * 0.37)]), 50, n_init => 100)"
            + " FROM generate_series(1, 200000) i";
    static final Map<String, String> ANSWERS = new HashMap<>();
    static int passed, failed;
    static String mode;

    /** Whether this is what psql says, or another answer. */
    static void check(String name, Object got, Object answer) {
        boolean same = got instanceof Double number ? number == Double.parseDouble(answer.toString()) : got.equals(answer);
        if (same) {
            passed++;
        } else {
            failed++;
            System.err.println(mode + ": " + name + ": is " + got + ", and should be " + answer);
        }
    }

    static void check(String name, Object got) {
        check(name, got, ANSWERS.get(name));
    }

    static void checkBest(String name, List<Clientele.Customer> best) {
        check(name + ".customers", String.join(" ", best.stream().map(c -> String.valueOf(c.id())).toList()));
        check(name + ".segment", best.get(0).segment());
        check(name + ".last_order", best.get(0).lastOrder().toString());
        check(name + ".revenue", best.get(0).revenue());
    }

    /** What a call comes to: a value, or the SQLSTATE of its error. */
    static Object outcome(Call call) {
        try {
            return call.result();
        } catch (SQLException error) {
            return error.getSQLState();
        } catch (Exception error) {
            return error.getClass().getSimpleName();
        }
    }

    /** The first column of the first row. */
    static Object value(Connection connection, String sql, Object... parameters) throws SQLException {
        try (var query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setObject(i + 1, parameters[i]);
            }
            var row = query.executeQuery();
            row.next();
            return row.getObject(1);
        }
    }

    static void program(Connection connection, Connection other) throws Exception {
        boolean simple = mode.contains("simple"), unspecified = simple || mode.contains("unspecified");
        // Often enough to be prepared on the server, and to become binary.
        for (int i = 0; i < 7; i++) {
            checkBest("july", Clientele.best(connection, JULY, null));
        }
        checkBest("now", Clientele.best(connection, null, null));
        checkBest("at", Clientele.best(connection, AT, null));
        checkBest("before", Clientele.best(connection, AT.minusSeconds(1), null));
        checkBest("bins", Clientele.best(connection, null, 3));
        check("no bins", outcome(() -> Clientele.best(connection, null, -1)), "22023");

        // Bound otherwise than on the page.
        String count = "SELECT max(last_order)::text FROM clientele.rfm((SELECT log FROM shop), as_of => ?)"
                + " WHERE customer_id = 2322";
        String seen = "2017-06-25 16:23:03", hidden = "2017-06-23 21:53:48";
        check("local", value(connection, count, AT), seen);
        check("date", value(connection, count, LocalDate.of(2017, 6, 25)), hidden);
        check("offset", outcome(() -> value(connection, count, AT.atOffset(ZoneOffset.UTC))), "42883");
        check("string", outcome(() -> value(connection, count, seen)), unspecified ? seen : "42883");
        check("cast", value(connection, count.replace("?", "CAST(? AS timestamp)"), seen), seen);
        try (var query = connection.prepareStatement(count)) {
            query.setObject(1, seen, Types.OTHER);
            var row = query.executeQuery();
            row.next();
            check("other", row.getString(1), seen);
        }
        Instant instant = AT.toInstant(ZoneOffset.UTC);
        boolean behind = TimeZone.getDefault().getOffset(instant.toEpochMilli()) < 0;
        check("timestamp", value(connection, count, Timestamp.from(instant)), behind ? hidden : seen);
        String bins = "SELECT max(r)::integer FROM clientele.rfm((SELECT log FROM shop), bins => ?)";
        check("integer", value(connection, bins, 3), 3);
        check("long", outcome(() -> value(connection, bins, 3L)), "42883");

        try (var row = connection.createStatement().executeQuery("SELECT timestamp '2017-03-12 02:30'")) {
            row.next();
            check("skipped hour", row.getObject(1, LocalDateTime.class), LocalDateTime.of(2017, 3, 12, 2, 30));
            check("utc", row.getObject(1, OffsetDateTime.class).toString(), "2017-03-12T02:30Z");
            boolean skips = TimeZone.getDefault().getID().equals("America/New_York");
            check("moved hour", row.getTimestamp(1).toLocalDateTime().getHour(), skips ? 3 : 2);
        }
        check("zone", value(connection, "SELECT current_setting('TimeZone')"), TimeZone.getDefault().getID());

        check("expected.1 year", Clientele.expected(connection, "1 year"));
        check("expected.365 days", Clientele.expected(connection, "365 days"));
        check("duration", outcome(() -> value(connection, "SELECT ?::interval", Duration.ofDays(365))), "07006");
        try (var query = connection.prepareStatement(
                "SELECT sum(expected_orders) FROM model, clientele.clv((SELECT log FROM shop), horizon => ?, purchases => purchases)")) {
            query.setObject(1, new PGInterval("00:06:05"));
            var row = query.executeQuery();
            row.next();
            check("expected.00:06:05", row.getDouble(1));
            check("notice", query.getWarnings().getMessage(), "horizon is shorter than a day");
        }
        check("offers.basket", String.join("|", Clientele.offers(connection, "Hot Dogs", "Soft Drinks")));
        check("offers.empty", String.join("|", Clientele.offers(connection)));

        String model = Clientele.purchases(connection);
        check("churn", Clientele.churnProbability(connection, model, 3, 100.5, 200));
        String churn = "SELECT clientele.churn_probability(?, 3, 100.5, 200, '30 days')";
        check("churn", value(connection, churn, value(connection, "SELECT purchases FROM model")));
        check("model", value(connection, "SELECT purchases FROM model") instanceof PGobject, true);
        check("model as varchar", unspecified || outcome(() -> value(connection, churn, model)).equals("42883"), true);
        String collect = "SELECT (clientele.describe(clientele.order_log(?, ?, ?))).keys";
        check("key", outcome(() -> value(connection, collect, "a", AT, 1.5)), unspecified && !simple ? "42P18" : "text");
        check("key", value(connection, collect.replace("log(?,", "log(?::text,"), "a", AT, 1.5), "text");

        other.setAutoCommit(false);
        Clientele.archive(connection, other);
        check("log", value(other, "SELECT md5(log::text) FROM archive"));
        other.rollback();
        other.setAutoCommit(true);

        connection.createStatement().execute("DISCARD ALL");
        checkBest("july", Clientele.best(connection, JULY, null));
    }

    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of(System.getenv("ANSWERS")))) {
            ANSWERS.put(line.split("\t")[0], line.split("\t")[1]);
        }
        String place = "jdbc:postgresql://127.0.0.1:" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE")
                + "?user=postgres&";
        String[] modes = {"preferQueryMode=extended", "preferQueryMode=simple", "preferQueryMode=extendedForPrepared",
            "preferQueryMode=extendedCacheEverything", "prepareThreshold=0", "prepareThreshold=1", "prepareThreshold=-1",
            "stringtype=unspecified", "binaryTransfer=false"};
        for (String each : modes) {
            mode = each;
            try (var connection = DriverManager.getConnection(place + mode);
                    var other = DriverManager.getConnection(place + mode)) {
                program(connection, other);
            }
        }
        try (var connection = DriverManager.getConnection(place); var statement = connection.createStatement()) {
            statement.setQueryTimeout(1);
            check("cancelled", outcome(() -> statement.execute(LONG)), "57014");
            checkBest("now", Clientele.best(connection, null, null));
        }
        System.out.println(passed + " passed, " + failed + " failed");
        System.exit(failed > 0 ? 1 : 0);
    }
}
