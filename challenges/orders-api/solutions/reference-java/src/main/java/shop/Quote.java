package shop;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The help desk's tool: an order as JSON from stdin, its quote as JSON to stdout. */
public final class Quote {
    private Quote() {}

    public static void main(String... arguments) throws IOException {
        System.exit(run(System.in, System.out, System.err));
    }

    static int run(InputStream in, PrintStream out, PrintStream err) throws IOException {
        try {
            if (!(Json.parse(in.readAllBytes()) instanceof JsonObject order)) {
                throw new IllegalArgumentException("an order is a JSON object");
            }
            out.println(Json.write(Pricing.quote(lines(order.get("lines")), Validation.coupon(order.get("coupon")))));
            return 0;
        } catch (Json.MalformedException | IllegalArgumentException error) {
            err.println("quote: not a valid order: " + error.getMessage());
            return 2;
        }
    }

    private static List<Map<String, Object>> lines(JsonElement element) {
        var lines = new ArrayList<Map<String, Object>>();
        if (element instanceof JsonArray array) {
            for (JsonElement item : array) {
                JsonObject object = item instanceof JsonObject found ? found : new JsonObject();
                var line = new HashMap<String, Object>();
                line.put("sku", Json.text(object.get("sku")));
                line.put("quantity", Json.integer(object.get("quantity"), 1, Integer.MAX_VALUE));
                line.put("unit_price", Json.text(object.get("unit_price")));
                lines.add(line);
            }
        }
        return lines;
    }
}
