package shop;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonPrimitive;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** JSON as the standard has it: Gson by itself takes much more. */
final class Json {
    private static final Gson GSON = new GsonBuilder().serializeNulls().disableHtmlEscaping().create();

    /** The text is no JSON. */
    static final class MalformedException extends Exception {
        MalformedException(Throwable cause) {
            super("this is not JSON", cause);
        }
    }

    private Json() {}

    static JsonElement parse(byte[] data) throws MalformedException {
        try {
            String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(data)).toString();
            JsonReader reader = new JsonReader(new StringReader(text));
            JsonElement found = GSON.getAdapter(JsonElement.class).read(reader);
            if (reader.peek() != JsonToken.END_DOCUMENT) {
                throw new JsonParseException("something stands behind it");
            }
            return found;
        } catch (IOException | JsonParseException | NumberFormatException | StackOverflowError error) {
            throw new MalformedException(error);
        }
    }

    static String write(Object value) {
        return GSON.toJson(value);
    }

    /** The text of an element, null for anything else. */
    static String text(JsonElement element) {
        return element instanceof JsonPrimitive primitive && primitive.isString() ? primitive.getAsString() : null;
    }

    /** A whole number from minimum to maximum, null for anything else. */
    static Integer integer(JsonElement element, int minimum, int maximum) {
        boolean number = element instanceof JsonPrimitive primitive && primitive.isNumber();
        return number ? integer(element.getAsString(), minimum, maximum) : null;
    }

    /** A whole number from minimum to maximum, null for any other text. */
    static Integer integer(String text, int minimum, int maximum) {
        if (text == null || !text.matches("[0-9]{1,10}")) {
            return null;
        }
        long value = Long.parseLong(text);
        return minimum <= value && value <= maximum ? (int) value : null;
    }
}
