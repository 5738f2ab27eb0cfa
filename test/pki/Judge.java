// BouncyCastle's judgement of what pki makes (run by test_bouncycastle.py).
//   Judge ask FOLDER     writes bc_request.der, an OCSP request of its own
//   Judge check FOLDER   TAP
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
import java.util.Date;
import java.util.List;
import java.util.Set;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.ocsp.BasicOCSPResp;
import org.bouncycastle.cert.ocsp.CertificateID;
import org.bouncycastle.cert.ocsp.OCSPReq;
import org.bouncycastle.cert.ocsp.OCSPReqBuilder;
import org.bouncycastle.cert.ocsp.OCSPResp;
import org.bouncycastle.cert.ocsp.RevokedStatus;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.operator.ContentVerifierProvider;
import org.bouncycastle.operator.DigestCalculatorProvider;
import org.bouncycastle.operator.jcajce.JcaContentVerifierProviderBuilder;
import org.bouncycastle.operator.jcajce.JcaDigestCalculatorProviderBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;

public class Judge {
    static Path folder;
    static int number = 0, failed = 0;
    static final Date NOW = new Date(1790000000000L);

    interface Claim {
        boolean holds() throws Exception;
    }

    static void claim(String name, Claim claim) {
        boolean ok = false;
        try {
            ok = claim.holds();
        } catch (Exception e) {
            System.out.println("# " + e);
        }
        System.out.println((ok ? "ok " : "not ok ") + ++number + " - " + name);
        failed += ok ? 0 : 1;
    }

    static byte[] bytes(String name) throws Exception {
        return Files.readAllBytes(folder.resolve(name));
    }

    static X509Certificate cert(String name) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509", "BC")
            .generateCertificate(new ByteArrayInputStream(bytes(name)));
    }

    static X509CRL list() throws Exception {
        return (X509CRL) CertificateFactory.getInstance("X.509", "BC")
            .generateCRL(new ByteArrayInputStream(bytes("crl.der")));
    }

    static boolean path(String leaf) throws Exception {
        CertPath path = CertificateFactory.getInstance("X.509", "BC")
            .generateCertPath(List.of(cert(leaf), cert("issuing.der")));
        PKIXParameters p = new PKIXParameters(
            Set.of(new TrustAnchor(cert("root.der"), null)));
        p.setDate(NOW);
        p.setRevocationEnabled(false);
        CertPathValidator.getInstance("PKIX", "BC").validate(path, p);
        return true;
    }

    static ContentVerifierProvider verifier(String name) throws Exception {
        return new JcaContentVerifierProviderBuilder().setProvider("BC")
            .build(cert(name));
    }

    static DigestCalculatorProvider digests() throws Exception {
        return new JcaDigestCalculatorProviderBuilder().setProvider("BC")
            .build();
    }

    static CertificateID id(String name) throws Exception {
        return new CertificateID(
            digests().get(CertificateID.HASH_SHA1),
            new X509CertificateHolder(bytes("issuing.der")),
            cert(name).getSerialNumber());
    }

    static void ask() throws Exception {
        OCSPReqBuilder b = new OCSPReqBuilder();
        b.addRequest(id("holder.der"));
        b.addRequest(id("person.der"));
        Files.write(folder.resolve("bc_request.der"), b.build().getEncoded());
    }

    static BasicOCSPResp answer() throws Exception {
        OCSPResp r = new OCSPResp(bytes("bc_response.der"));
        return (BasicOCSPResp) r.getResponseObject();
    }

    static boolean signature(String key, String signed, String sig)
        throws Exception {
        Signature s = Signature.getInstance("SM3WITHSM2", "BC");
        s.initVerify(cert(key).getPublicKey());
        s.update(bytes(signed));
        return s.verify(bytes(sig));
    }

    static void check() throws Exception {
        claim("bouncycastle_verifies_paths",
              () -> path("holder.der") && path("person.der"));
        claim("bouncycastle_verifies_the_root", () -> {
            cert("root.der").verify(cert("root.der").getPublicKey(), "BC");
            return cert("root.der").getBasicConstraints() > 0;
        });
        claim("bouncycastle_verifies_the_list", () -> {
            list().verify(cert("issuing.der").getPublicKey(), "BC");
            return list().isRevoked(cert("person.der"))
                && !list().isRevoked(cert("holder.der"));
        });
        claim("bouncycastle_verifies_the_request", () -> {
            PKCS10CertificationRequest r =
                new PKCS10CertificationRequest(bytes("csr.der"));
            return r.isSignatureValid(new JcaContentVerifierProviderBuilder()
                .setProvider("BC").build(r.getSubjectPublicKeyInfo()));
        });
        claim("bouncycastle_verifies_the_ocsp_answer", () -> {
            BasicOCSPResp r = answer();
            X509CertificateHolder[] certs = r.getCerts();
            return certs.length == 1
                && certs[0].isSignatureValid(verifier("issuing.der"))
                && r.isSignatureValid(verifier("ocsp.der"));
        });
        claim("bouncycastle_finds_good_and_revoked", () -> {
            BasicOCSPResp r = answer();
            return r.getResponses().length == 2
                && r.getResponses()[0].getCertID().equals(id("holder.der"))
                && r.getResponses()[0].getCertStatus() == null
                && r.getResponses()[1].getCertStatus()
                    instanceof RevokedStatus;
        });
        claim("bouncycastle_reads_our_ocsp_requests", () -> {
            OCSPReq sha1 = new OCSPReq(bytes("request_sha1.der"));
            OCSPReq sm3 = new OCSPReq(bytes("request_sm3.der"));
            return sha1.getRequestList()[0].getCertID()
                    .equals(id("person.der"))
                && sm3.getRequestList()[0].getCertID().getSerialNumber()
                    .equals(cert("holder.der").getSerialNumber());
        });
        claim("bouncycastle_verifies_a_message",
              () -> signature("holder.der", "message.der", "message.sig"));
        claim("bouncycastle_verifies_a_statement",
              () -> signature("rp.der", "statement.bin", "statement.sig"));
        claim("bouncycastle_refuses_a_changed_message",
              () -> !signature("holder.der", "csr.der", "message.sig"));
        System.out.println("1.." + number);
    }

    public static void main(String[] a) throws Exception {
        Security.addProvider(new BouncyCastleProvider());
        folder = Path.of(a[1]);
        if (a[0].equals("ask"))
            ask();
        else
            check();
        System.exit(failed == 0 ? 0 : 1);
    }
}
