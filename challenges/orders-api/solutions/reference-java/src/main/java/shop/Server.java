package shop;

import com.google.gson.JsonObject;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The HTTP API: requests in, JSON out; rules live in Pricing, Validation and Store. */
public final class Server {
    private static final int MAX_BODY = 1 << 20;
    private static final int THREADS = 8;
    private static final Pattern BEARER = Pattern.compile("(?i)bearer +(\\S+) *");

    private record Answer(int status, Object body, Map<String, String> headers) {
        Answer(int status, Object body) {
            this(status, body, Map.of());
        }
    }

    /** An answer that is no success. */
    private static final class Refusal extends Exception {
        private final transient Answer answer;

        Refusal(int status, String code, String message, List<?> details) {
            super(message);
            answer = new Answer(
                    status, Map.of("error", Map.of("code", code, "message", message, "details", details)));
        }

        Refusal(int status, String code, String message) {
            this(status, code, message, List.of());
        }
    }

    private record Request(String parameter, Map<String, String> query, HttpExchange exchange) {
        int id() throws Refusal {
            return found(Json.integer(parameter, 0, Validation.MAX_ID));
        }
    }

    private interface Action {
        Answer answer(Request request) throws Exception;
    }

    private record Route(String method, Pattern path, Action action) {
        Route(String method, String path, Action action) {
            this(method, Pattern.compile(path), action);
        }
    }

    private final Store store;
    private final List<Route> routes = List.of(
            new Route("GET", "/health", request -> new Answer(200, Map.of("status", "ok"))),
            new Route("GET", "/products", this::products),
            new Route("GET", "/products/(.+)", this::product),
            new Route("POST", "/orders", this::place),
            new Route("GET", "/orders/([^/]+)", request -> new Answer(200, found(this.order(request.id())))),
            new Route("GET", "/orders/([^/]+)/invoice", this::invoice),
            new Route("POST", "/orders/([^/]+)/cancel", this::cancel),
            new Route("GET", "/customers/([^/]+)/orders", this::orders));

    private Server(Store store) {
        this.store = store;
    }

    public static void main(String... arguments) throws IOException {
        var server = new Server(Store.at(System.getenv("DATABASE_URL")));
        var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(System.getenv("PORT")));
        var http = HttpServer.create(address, 0);
        http.setExecutor(Executors.newFixedThreadPool(THREADS));
        http.createContext("/", server::handle);
        http.start();
    }

    private void handle(HttpExchange exchange) throws IOException {
        Answer answer = answer(exchange);
        byte[] data = Json.write(answer.body).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        answer.headers.forEach(exchange.getResponseHeaders()::set);
        exchange.sendResponseHeaders(answer.status, data.length);
        try (var body = exchange.getResponseBody()) {
            body.write(data);
        }
    }

    private Answer answer(HttpExchange exchange) {
        try {
            return route(exchange);
        } catch (Refusal refusal) {
            return refusal.answer;
        } catch (Validation.InvalidException invalid) {
            return new Refusal(422, "validation_failed", invalid.getMessage(), invalid.problems()).answer;
        } catch (Store.ConflictException conflict) {
            return new Refusal(409, conflict.code(), conflict.getMessage()).answer;
        } catch (Exception error) {
            error.printStackTrace();
            return new Refusal(500, "internal_error", "this is our fault; please try again").answer;
        }
    }

    private Answer route(HttpExchange exchange) throws Exception {
        String path = exchange.getRequestURI().getPath();
        boolean known = false;
        for (Route route : routes) {
            Matcher found = route.path.matcher(path);
            if (!found.matches()) {
                continue;
            }
            known = true;
            if (route.method.equals(exchange.getRequestMethod())) {
                String parameter = found.groupCount() > 0 ? found.group(1) : "";
                return route.action.answer(new Request(parameter, query(exchange), exchange));
            }
        }
        throw known
                ? new Refusal(405, "method_not_allowed", "that cannot be done here")
                : new Refusal(404, "not_found", "there is nothing here");
    }

    private static Map<String, String> query(HttpExchange exchange) {
        var found = new HashMap<String, String>();
        String query = exchange.getRequestURI().getRawQuery();
        for (String pair : query == null ? new String[0] : query.split("&")) {
            String[] parts = pair.split("=", 2);
            String value = parts.length == 2 ? parts[1] : "";
            found.putIfAbsent(
                    URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                    URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
        return found;
    }

    private static <T> T found(T thing) throws Refusal {
        if (thing == null) {
            throw new Refusal(404, "not_found", "there is nothing here");
        }
        return thing;
    }

    /** A page of {@code limit} of rows that were read with one more, to know if there is a next. */
    private static Answer page(List<Map<String, Object>> rows, int limit) {
        List<Map<String, Object>> items = rows.subList(0, Math.min(limit, rows.size()));
        String cursor = null;
        if (rows.size() > limit) {
            var last = items.get(limit - 1);
            cursor = new Validation.Cursor((String) last.get("created_at"), (int) last.get("id")).encoded();
        }
        var page = new LinkedHashMap<String, Object>();
        page.put("items", items);
        page.put("next_cursor", cursor);
        return new Answer(200, page);
    }

    private Answer products(Request request) throws Exception {
        int limit = Validation.pageLimit(request.query.get("limit"));
        var cursor = Validation.cursor(request.query.get("cursor"), false);
        String category = request.query.get("category");
        if (category != null && !Validation.isText(category)) {
            return page(List.of(), limit);
        }
        return page(store.products(category, cursor == null ? 0 : cursor.id(), limit + 1), limit);
    }

    private Answer product(Request request) throws Exception {
        String sku = request.parameter;
        return new Answer(200, found(Validation.isText(sku) ? store.product(sku) : null));
    }

    private Answer place(Request request) throws Exception {
        byte[] data = request.exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (data.length > MAX_BODY) {
            throw new Refusal(413, "too_large", "a body has at most " + MAX_BODY + " bytes");
        }
        Order order = Validation.order(body(data), store);
        var placed = store.place(order, request.exchange.getRequestHeaders().getFirst("Idempotency-Key"));
        var headers = Map.of("Location", "/orders/" + placed.id());
        return new Answer(placed.isNew() ? 201 : 200, order(placed.id()), headers);
    }

    private static JsonObject body(byte[] data) throws Refusal {
        try {
            if (Json.parse(data) instanceof JsonObject body) {
                return body;
            }
        } catch (Json.MalformedException error) {
            // It is told below.
        }
        throw new Refusal(400, "malformed_json", "the body must be a JSON object");
    }

    private Map<String, Object> order(int id) throws SQLException {
        return store.order(id);
    }

    private Answer invoice(Request request) throws Exception {
        int customer = customer(request);
        return new Answer(200, found(store.invoice(request.id(), customer)));
    }

    /** The customer whose token the request carries. */
    private int customer(Request request) throws Exception {
        String header = request.exchange.getRequestHeaders().getFirst("Authorization");
        Matcher bearer = BEARER.matcher(header == null ? "" : header);
        Integer customer = bearer.matches() ? store.customerWithToken(bearer.group(1)) : null;
        if (customer == null) {
            throw new Refusal(401, "unauthorized", "send the token of a customer");
        }
        return customer;
    }

    private Answer cancel(Request request) throws Exception {
        int id = request.id();
        return new Answer(200, found(store.cancel(id) ? order(id) : null));
    }

    private Answer orders(Request request) throws Exception {
        int limit = Validation.pageLimit(request.query.get("limit"));
        var before = Validation.cursor(request.query.get("cursor"), true);
        int id = request.id();
        found(store.customerExists(id) ? Boolean.TRUE : null);
        return page(store.ordersOf(id, before, limit + 1), limit);
    }
}
