package gradekit.deps;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.List;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.ivy.plugins.resolver.IBiblioResolver;
import org.apache.ivy.util.url.CredentialsStore;

/** The one repository that packages come from: MAVEN_MIRROR, or what Ivy itself uses where that is not set. */
final class Mirror {
    private static final Path CERTIFICATES = Path.of("/in/gradekit-ca.pem");
    private static final String ABSENT = "org/apache/maven/absent/1/absent-1.pom";
    private static final int MILLISECONDS = 20_000;

    private final URI given;

    private Mirror(URI given) {
        this.given = given;
    }

    /**
     * The repository in force.
     *
     * @throws IllegalArgumentException the setting is no address
     */
    static Mirror ofSettings() {
        String set = System.getenv("MAVEN_MIRROR");
        String text = set == null || set.isBlank() ? IBiblioResolver.DEFAULT_M2_ROOT : set.strip();
        URI given = URI.create(text.endsWith("/") ? text : text + "/");
        if (given.getHost() == null || !List.of("http", "https").contains(given.getScheme())) {
            throw new IllegalArgumentException("MAVEN_MIRROR: it is no http or https address");
        }
        return new Mirror(given);
    }

    /** Its address as it was given. */
    String given() {
        return given.toString();
    }

    /** Its address without a password. */
    String address() {
        return given.toString().replaceFirst("//[^/@]*@", "//");
    }

    /** Have every connection of this process go through the proxy, with the certificates and names of the settings. */
    void prepare() throws IOException, GeneralSecurityException {
        System.setProperty("sun.net.client.defaultConnectTimeout", "" + MILLISECONDS);
        System.setProperty("sun.net.client.defaultReadTimeout", "" + 3 * MILLISECONDS);
        System.setProperty("http.nonProxyHosts", "");
        for (String scheme : List.of("http", "https")) {
            String proxy = System.getenv(scheme + "_proxy");
            if (proxy != null && !proxy.isBlank()) {
                URI way = URI.create(proxy);
                System.setProperty(scheme + ".proxyHost", way.getHost());
                System.setProperty(scheme + ".proxyPort", "" + way.getPort());
            }
        }
        if (Files.exists(CERTIFICATES) && Files.size(CERTIFICATES) > 0) {
            HttpsURLConnection.setDefaultSSLSocketFactory(trusting(Files.readAllBytes(CERTIFICATES)).getSocketFactory());
        }
        if (given.getRawUserInfo() != null) {
            String[] pair = given.getRawUserInfo().split(":", 2);
            CredentialsStore.INSTANCE.addCredentials(
                    null, given.getHost(), decoded(pair[0]), pair.length > 1 ? decoded(pair[1]) : "");
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private static SSLContext trusting(byte[] certificates) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        int number = 0;
        for (Certificate each :
                CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(certificates))) {
            store.setCertificateEntry("c" + number++, each);
        }
        TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        managers.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, managers.getTrustManagers(), null);
        return context;
    }

    /** Why the repository cannot be used at all; null when it answers for a package that nobody has. */
    String complaint() {
        try {
            HttpURLConnection connection =
                    (HttpURLConnection) URI.create(address() + ABSENT).toURL().openConnection();
            int status = connection.getResponseCode();
            connection.disconnect();
            boolean answers = status == HttpURLConnection.HTTP_OK || status == HttpURLConnection.HTTP_NOT_FOUND;
            return answers ? null : address() + ": it answers with status " + status;
        } catch (IOException error) {
            return address() + ": " + error.getMessage();
        }
    }
}
