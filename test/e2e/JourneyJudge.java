// BouncyCastle's judgement of one journey (run by test_journey.py): prints a
// word for each thing that it verified.
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Security;
import java.security.Signature;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Set;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

public class JourneyJudge {
    static Path folder;

    static byte[] bytes(String name) throws Exception {
        return Files.readAllBytes(folder.resolve(name));
    }

    static CertificateFactory x509() throws Exception {
        return CertificateFactory.getInstance("X.509", "BC");
    }

    static X509Certificate cert(String name) throws Exception {
        return (X509Certificate) x509().generateCertificate(
            new ByteArrayInputStream(bytes(name)));
    }

    static ContentVerifierProvider verifier(X509CertificateHolder c)
        throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider("BC")
            .build(c);
    }

    static void need(boolean holds, String what) {
        if (!holds)
            throw new IllegalStateException(what);
        System.out.println(what);
    }

    static boolean signature() throws Exception {
        Signature s = Signature.getInstance("SM3WITHSM2", "BC");
        s.initVerify(cert("holder.der").getPublicKey());
        s.update(bytes("message.bin"));
        return s.verify(bytes("signature.der"));
    }

    static boolean path() throws Exception {
        CertPath path = x509().generateCertPath(
            List.of(cert("holder.der"), cert("issuing.der")));
        PKIXParameters p = new PKIXParameters(
            Set.of(new TrustAnchor(cert("root.der"), null)));
        p.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX", "BC").validate(path, p);
        return true;
    }

    static boolean list() throws Exception {
        X509CRL list = (X509CRL) x509().generateCRL(
            new ByteArrayInputStream(bytes("crl.der")));
        list.verify(cert("issuing.der").getPublicKey(), "BC");
        return !list.isRevoked(cert("holder.der"));
    }

    static boolean ocsp() throws Exception {
        BasicOCSPResp r = (BasicOCSPResp)
            new OCSPResp(bytes("ocsp.der")).getResponseObject();
        X509CertificateHolder responder = r.getCerts()[0];
        return responder.isSignatureValid(verifier(
                   new X509CertificateHolder(bytes("issuing.der"))))
            && r.isSignatureValid(verifier(responder))
            && r.getResponses()[0].getCertID().getSerialNumber()
                   .equals(cert("holder.der").getSerialNumber())
            && r.getResponses()[0].getCertStatus() == null;
    }

    static boolean request() throws Exception {
        PKCS10CertificationRequest r =
            new PKCS10CertificationRequest(bytes("csr.der"));
        return r.isSignatureValid(new JcaContentVerifierProviderBuilder()
            .setProvider("BC").build(r.getSubjectPublicKeyInfo()));
    }

    public static void main(String[] a) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        folder = Path.of(a[0]);
        need(signature(), "signature");
        need(path(), "path");
        need(list(), "list");
        need(ocsp(), "ocsp");
        need(request(), "request");
    }
}
