// SPDX-License-Identifier: Apache-2.0
package io.jmortem.redact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactorTest {

  private final Redactor redactor = new Redactor(true);

  /** Lines of a text block: what is given, an arrow, what is left. */
  private static Stream<Arguments> pairs(String lines) {
    return lines
        .lines()
        .map(line -> line.split(" => ", 2))
        .map(pair -> Arguments.of(pair[0].strip(), pair[1].strip()));
  }

  private void assertText(String expected, String text) {
    String left = redactor.text(text);
    assertEquals(expected, left);
    assertEquals(left, new Redactor(true).text(left), "a report that is made again is the same");
  }

  // ---- command lines

  @ParameterizedTest
  @CsvSource({
    "-Ddb.password=hunter2, -Ddb.password=<redacted>",
    "-DAPI_KEY=x, -DAPI_KEY=<redacted>",
    "--api-token=a b c, --api-token=<redacted>",
    "-Dclient.secret.value=1, -Dclient.secret.value=<redacted>",
    "jdbc:pg://joe:pw@host/db, jdbc:pg://joe:<redacted>@host/db",
    "-Dauthor=me, -Dauthor=me",
    "-Dname=value, -Dname=value",
    "password, password",
    "-Dauthorization=x, -Dauthorization=<redacted>",
    "-Dx.pass=y, -Dx.pass=<redacted>",
    "/app/auth:/app/lib, /app/auth:/app/lib",
    "https://joe:p@ss@host/db, https://joe:<redacted>@host/db",
    "MYSQL_PWD=a, MYSQL_PWD=<redacted>",
    "--token=-X, --token=<redacted>",
    "-pHunter2, -p<redacted>",
    "-psecret, -p<redacted>",
    "--user=a:b, --user=a:<redacted>",
    "--key=X, --key=<redacted>",
    "-Dkey=X, -Dkey=X",
    "-Dapi.token=\"t0p secret\", -Dapi.token=<redacted>",
    "--header=Authorization: Bearer a b, --header=Authorization: Bearer <redacted>",
    "--env=DB_PASSWORD=a b, --env=DB_PASSWORD=<redacted>",
    "'-Dx.password=one, two; three', -Dx.password=<redacted>",
  })
  void arguments(String argument, String expected) {
    assertEquals(List.of(expected), redactor.arguments(List.of(argument)));
    assertEquals(List.of(expected), new Redactor(true).arguments(List.of(expected)));
    assertEquals(List.of(argument), new Redactor(false).arguments(List.of(argument)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "-profile",
        "-parameters",
        "-port",
        "-path",
        "-print",
        "-p8080",
        "-pfm",
        "-XX:+UseG1GC",
        "-XX:ErrorFile=/tmp/hs_err.log",
        "-Djava.io.tmpdir=/tmp/x",
        "-Dpartition-key=5",
        "-DkeySize=2048",
        "-javaagent:/opt/a.jar=dir=/a,tags=a:b",
        "-Dtoken.timeout=30s",
        "-Dpassword.file=/run/secrets/db",
        "-Dmail.smtp.auth=true",
        "-Dtokenizer=standard",
        "-Djava.security.auth.login.config=/etc/jaas.conf",
        "-Djdk.module.path=mods:lib",
      })
  void harmlessArguments(String argument) {
    assertEquals(List.of(argument), redactor.arguments(List.of(argument)));
  }

  /** An argument is one value, whatever it holds. */
  @ParameterizedTest
  @ValueSource(strings = {"one\ntwo: three\nfour=five", "\n\nx", "a\r\nb", "a\tb\u0001c"})
  void argumentsWithLineBreaks(String secret) {
    List<String> left =
        redactor.arguments(
            List.of("-Dpassword=" + secret, "--token", secret, "PASSWORD=" + secret));

    assertEquals(
        List.of("-Dpassword=<redacted>", "--token", "<redacted>", "PASSWORD=<redacted>"), left);
  }

  static Stream<Arguments> commands() {
    return pairs(
        """
        x --password hunter2 --password --verbose => x --password <redacted> --password --verbose
        java -Ddb.password=x -cp a M => java -Ddb.password=<redacted> -cp a M
        x --token -X => x --token <redacted>
        x --token -Xabc1 y => x --token <redacted> y
        x --passwd X => x --passwd <redacted>
        x --key abc/def => x --key <redacted>
        x --private-key abc --partition-key 5 => x --private-key <redacted> --partition-key 5
        x -p hunter2 => x -p <redacted>
        x -p 8080 -p 8080:80 -p a/b -p /a/b => x -p 8080 -p 8080:80 -p a/b -p /a/b
        mysql -u root -phunter2 db => mysql -u root -p<redacted> db
        mysql -proot db => mysql -p<redacted> db
        curl -u a:b --user a:b --proxy-user a:b x => curl -u a:<redacted> --user a:<redacted> --proxy-user a:<redacted> x
        docker run -u 1000:1000 -u joe => docker run -u 1000:1000 -u joe
        docker login --password-stdin host => docker login --password-stdin host
        x --password-file /run/secrets/x => x --password-file /run/secrets/x
        java -p mods -m a/b -p pw => java -p mods -m a/b -p <redacted>
        /usr/bin/java -cp a -p mods:lib A -p pw => /usr/bin/java -cp a -p mods:lib A -p <redacted>
        sudo curl -uadmin:X x => sudo curl -uadmin:<redacted> x
        curl -sSu admin:X x => curl -sSu admin:<redacted> x
        curl -b session=X -b jar.txt --cert f:X -E f:X => curl -b <redacted> -b jar.txt --cert f:<redacted> -E f:<redacted>
        x -uadmin:X -url:http -u1000:1000 => x -uadmin:<redacted> -url:http -u1000:1000
        ldapsearch -x -D cn=a -w X -b dc=b => ldapsearch -x -D cn=a -w <redacted> -b dc=b
        ldapadd -wX => ldapadd -w<redacted>
        redis-cli -h h -a X => redis-cli -h h -a <redacted>
        http -a user:X url => http -a user:<redacted> url
        zip -r -P X a.zip => zip -r -P <redacted> a.zip
        smbclient -U user%X //h/s => smbclient -U user%<redacted> //h/s
        openssl enc -k X -keyout a -in b => openssl enc -k <redacted> -keyout a -in b
        x --password --x --password --s3cr3t9 => x --password <redacted> --password <redacted>
        x --password --log4j-config=y --tls-key a.pem => x --password --log4j-config=y --tls-key a.pem
        x --pin X --salt X --encryption.seed X --seed 42 => x --pin <redacted> --salt <redacted> --encryption.seed <redacted> --seed 42
        x /password:X /y:X => x /password:<redacted> /y:X
        java -a X -w X -P X -k X -b a=b M => java -a X -w X -P X -k X -b a=b M
        keytool -storepass changeit -keypass changeit => keytool -storepass <redacted> -keypass <redacted>
        """);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void optionsAndTheirValues(String command, String expected) {
    List<String> left = redactor.arguments(List.of(command.split(" ")));

    assertEquals(expected, String.join(" ", left));
    assertEquals(left, new Redactor(true).arguments(left));
    assertText(expected, expected);
    assertEquals(expected, new Redactor(true).text(command), "as one text, where it can be told");
  }

  @Test
  void counted() {
    redactor.arguments(List.of("--password", "hunter2", "--password", "--verbose"));

    assertEquals(1, redactor.count());
  }

  // ---- texts

  static Stream<Arguments> secrets() {
    return pairs(
        """
        java_command: M --password abc x => java_command: M --password <redacted> x
        Authorization: Bearer abc => Authorization: Bearer <redacted>
        authorization: Basic YTpi, x => authorization: Basic <redacted>
        curl -H 'Authorization: Basic dXNlcjpw' http://x => curl -H 'Authorization: Basic <redacted>' http://x
        curl -H "Cookie: a=b; c=d" http://x => curl -H "Cookie: <redacted>" http://x
        Cookie: a=b; c=d => Cookie: <redacted>
        Set-Cookie: a=b; Path=/ => Set-Cookie: <redacted>
        X-Api-Key: abc => X-Api-Key: <redacted>
        got Bearer abcDEF123456 now => got Bearer <redacted> now
        {"password":"abc"} => {"password":"<redacted>"}
        {"password" : "a\\"b,c d", "x": 1} => {"password" : "<redacted>", "x": 1}
        {"secrets":["a","b"],"x":1} => {"secrets":<redacted>,"x":1}
        {\\"password\\":\\"a b\\",\\"x\\":1} => {\\"password\\":\\"<redacted>\\",\\"x\\":1}
        {"name":"DB_PASSWORD","value":"abc"} => {"name":"DB_PASSWORD","value":"<redacted>"}
        {'token': 'a b', 'x': 1} => {'token': '<redacted>', 'x': 1}
        <password>abc</password> => <password><redacted></password>
        password='a b,c' x => password='<redacted>' x
        password="a b,c" x => password="<redacted>" x
        password=abc,def x => password=<redacted> x
        {password=abc, user=joe} => {password=<redacted>, user=joe}
        Pool[password=abc] => Pool[password=<redacted>]
        user=a,password=b,host=c => user=a,password=<redacted>,host=c
        password = abc => password = <redacted>
        db.password: abc => db.password: <redacted>
        password={bcrypt}abc x => password=<redacted> x
        export TOKEN=abc; run => export TOKEN=<redacted>; run
        PGPASSWORD=a MYSQL_PWD=b => PGPASSWORD=<redacted> MYSQL_PWD=<redacted>
        signing-key=a bearer=x cookie=y => signing-key=<redacted> bearer=<redacted> cookie=<redacted>
        my.accessKey=a apikey=b private_key=c sshKey=d => my.accessKey=<redacted> apikey=<redacted> private_key=<redacted> sshKey=<redacted>
        credential=a passphrase=b dbpass=c jwt=d auth=e => credential=<redacted> passphrase=<redacted> dbpass=<redacted> jwt=<redacted> auth=<redacted>
        aws_secret_access_key = abc/def+g => aws_secret_access_key = <redacted>
        x?sv=2020&sig=ab%2Fc%3D&se=1 => x?sv=2020&sig=<redacted>&se=1
        AccountName=n;AccountKey=abc+/==;Suffix=core => AccountName=n;AccountKey=<redacted>;Suffix=core
        SharedAccessKeyName=Root;SharedAccessKey=ab= => SharedAccessKeyName=Root;SharedAccessKey=<redacted>
        Server=x;Password=my pass, word;Database=y => Server=x;Password=<redacted>;Database=y
        Server=x;Pwd=abc;Database=y => Server=x;Pwd=<redacted>;Database=y
        https://TOKEN@host/x => https://<redacted>@host/x
        https://u:p/w@host/x => https://u:<redacted>@host/x
        https://u:p/w:z@q@host:80/x?y=1 => https://u:<redacted>@host:80/x?y=1
        https://joe:pw@host/db?email=a@b.c => https://joe:<redacted>@host/db?email=a@b.c
        redis://:X@h:6379/0 => redis://:<redacted>@h:6379/0
        mongodb://u:p@h1:1,h2:2/db => mongodb://u:<redacted>@h1:1,h2:2/db
        nats://a:b@h1,nats://c:d@h2 => nats://a:<redacted>@h1,nats://c:<redacted>@h2
        jdbc:oracle:thin:scott/tiger@h:1521:x => jdbc:oracle:thin:scott/<redacted>@h:1521:x
        jdbc:x://h:1433;user=sa;password=x@y;z=1 => jdbc:x://h:1433;user=sa;password=<redacted>;z=1
        openssl -passin pass:secret -in x => openssl -passin pass:<redacted> -in x
        [--password, hunter2, x] => [--password, <redacted>, x]
        ["--password","hunter2","x"] => ["--password","<redacted>","x"]
        pool jdbc:db://me:hunter2secret@host/x => pool jdbc:db://me:<redacted>@host/x
        -XX:OnError=curl -uadmin:S3cr3t x => -XX:OnError=curl -uadmin:<redacted> x
        x --dsn u/S3cr3t@h --dsn u:X@tcp(h:1)/d => x --dsn u/<redacted>@h --dsn u:<redacted>@tcp(h:1)/d
        DB_DSN=u:X@tcp(h:1)/d x => DB_DSN=u:<redacted>@tcp(h:1)/d x
        sqlplus -s scott/X@db @a => sqlplus -s scott/<redacted>@db @a
        a?q=password%3DX%26user%3Dy => a?q=password%3D<redacted>%26user%3Dy
        a?q=password%253DX&b => a?q=password%253D<redacted>&b
        %7B%22password%22%3A%22X%22%7D => %7B%22password%22%3A%22<redacted>%22%7D
        password%3AX y => password%3A<redacted> y
        VAULT_UNSEAL_KEY=X SSLKEY=X MNEMONIC=X wallet.seed=X => VAULT_UNSEAL_KEY=<redacted> SSLKEY=<redacted> MNEMONIC=<redacted> wallet.seed=<redacted>
        the api key: X => the api key: <redacted>
        password -> X => password -> <redacted>
        password: !vault X => password: !vault <redacted>
        https://hooks.slack.com/services/T0/B0/X x => https://hooks.slack.com/services/<redacted> x
        """);
  }

  @ParameterizedTest
  @MethodSource("secrets")
  void secretsInTexts(String text, String expected) {
    assertText(expected, text);
    assertEquals(text, new Redactor(false).text(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc_def-1",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "gho_0123456789abcdefghij",
        "ghs_0123456789abcdefghij",
        "github_pat_11ABC_def",
        "glpat-abcdefghij0123456789",
        "xoxb-123-456-abc",
        "xoxp-1-2-3",
        "AKIAIOSFODNN7EXAMPLE",
        "ASIAIOSFODNN7EXAMPLE",
        "AIzaSyA1234567890abcdefghijklmnopqrstuv",
        "sk-abcdefgh12345678ijkl",
        "sk_live_abc123",
        "npm_abcdefghij0123456789abcdefghij012345",
        "hf_abcdefghijklmnop0123",
        "SG.abcdefghijklmnop12.qrstuvwxyz",
        "hvs.CAESIabcdefghijklmnop",
        "glsa_abcdefghijklmnop0123_1a2b3c4d",
        "EAACEdEose0cBAabcdefghij0123"
      })
  void tokensOfKnownShape(String token) {
    for (String around : List.of("%s", "a %s b", "(%s)", "x='%s'", "u/%s/x", "a_%s", "a=%%3D%s")) {
      String text = String.format(around, token);
      assertFalse(redactor.text(text).contains(token), text);
      assertEquals(text.replace(token, "<redacted>"), redactor.text(text));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "pc=0x0000000000001234",
        "RAX=0x0000000000000000, RBX=0x00007f2cb8130180",
        "TokenServer.java:42",
        "at com.acme.auth.TokenStore.get(TokenStore.java:17)",
        "at com.acme.Password$Companion.of(Password.kt:3)",
        "J 1234 c2 com.x.SecretKeyFactory.make(Ljava/lang/String;)V (10 bytes) @ 0x00007f [0x0+0x1]",
        "C  [libtoken.so+0x1210]  Token::get(char const*)+0x3",
        "pass: worker-7",
        "\"pass: worker-7\" daemon",
        "password",
        "the password is wrong",
        "primaryKey=id",
        "partition-key=5",
        "key: value",
        "keySize=2048",
        "max_tokens=100",
        "sig=11",
        "SigQ:\t0/95000",
        "token-server:8080",
        "http://auth.example.com:443/x",
        "http://localhost:8080/users/bob@example.com",
        "https://medium.com/@user/post",
        "ssh://git@github.com/a/b",
        "mongodb://h1:1,h2:2/db?x=a@b",
        "-Dpassword= -Dx=y",
        "if (token == null)",
        "Bearer authentication failed",
        "Basic authentication",
        "sk-learn-is-not-a-key-at-all",
        "npm_config_registry=https://x",
        "Event: 0.012 Loading class com/acme/auth/TokenStore done",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "7f0000000000-7f0000001000 r-xp 00000000 fd:01 42   /lib/token/x.so:y",
        "java -p mods -m a/b",
        "ssh -p 2222 host",
        "keytool -list",
        "PWD=/home/app",
        "OLDPWD=/srv",
        "OLDPWD=",
        "token: Ljava/lang/String;",
        "private 'token': [Ljava/lang/String; @12",
        "credential.provider=com.acme.Provider",
        "token.issuer=libjvm.so+",
        "authManager=x tokenType=jwt secretFactory=y token_uri=z",
        "password.file=secrets/db",
        "ssl.key=/etc/tls/x.pem",
        "docker run -v /token:/lib x",
        "primary key: x",
        "random.seed=42",
        "token/x%20y",
        "org/foo@1.2 actions/checkout@v3",
        "com/acme/Token@1a2b3c",
      })
  void noSecrets(String text) {
    assertSame(text, redactor.text(text).equals(text) ? text : redactor.text(text));
  }

  @ParameterizedTest
  @CsvSource({
    "'-----BEGIN RSA PRIVATE KEY-----\nMIIEabc\nQQ==\n-----END RSA PRIVATE KEY-----\nnext',"
        + "'-----BEGIN RSA PRIVATE KEY-----<redacted>-----END RSA PRIVATE KEY-----\nnext'",
    "'-----BEGIN PRIVATE KEY-----\\nMIIEabc\\n-----END PRIVATE KEY-----\\n',"
        + "'-----BEGIN PRIVATE KEY-----<redacted>-----END PRIVATE KEY-----\\n'",
    "'-----BEGIN PRIVATE KEY-----\nProc-Type: 4\n\nMIIE\nRegisters: x\nMIIE',"
        + "'-----BEGIN PRIVATE KEY-----<redacted>\nRegisters: x\nMIIE'",
    "'  key: |\n    -----BEGIN EC PRIVATE KEY-----\n    MIIE\n    -----END EC PRIVATE KEY-----\n',"
        + "'  key: |\n    -----BEGIN EC PRIVATE KEY-----<redacted>-----END EC PRIVATE KEY-----\n'",
  })
  void privateKeys(String text, String expected) {
    assertText(expected, text);
  }

  /** In a command line it may have lost its end. */
  @Test
  void alreadyRedactedPrivateKey() {
    String text =
        "x -----BEGIN PRIVATE KEY-----<redacted> y -----BEGIN PRIVATE KEY-----<redacted> z";

    assertText(text, text);
    assertText(
        "-----BEGIN PRIVATE KEY-----<redacted>", "-----BEGIN PRIVATE KEY-----<redacted>MIIEabc y");
  }

  // ---- what was found before

  @Test
  void secretsOfArgumentsAreRedactedInTexts() {
    redactor.arguments(
        List.of("--secret", "correct horse battery", "-Dx.token=a b", "-Dpassword=abc\ndefgh: i"));

    assertEquals(
        "Command Line: --secret <redacted> -Dx.token=<redacted>",
        redactor.text("Command Line: --secret correct horse battery -Dx.token=a b"));
    assertEquals("x <redacted> y", redactor.text("x abc\ndefgh: i y"));
    assertEquals("pool-<redacted>-1", redactor.text("pool-correct horse battery-1"));
    assertEquals("pool <redacted>", redactor.text("pool correct ho"), "cut off by the kernel");
    assertEquals(
        "AWS_SECRET_KEY=<redacted>\nPATH=/bin", redactor.text("AWS_SECRET_KEY=abc\nPATH=/bin"));
  }

  @Test
  void ordinaryWordsAreNotLearnt() {
    redactor.learn(
        List.of("--password", "password", "--token", "12345678", "--secret", "0x7f00000000"));

    assertEquals("pid 12345678", redactor.text("pid 12345678"));
    assertEquals("at 0x7f00000000", redactor.text("at 0x7f00000000"));
    assertEquals("password=<redacted>", redactor.text("password=x"));
  }

  @Test
  void longSecretsAreFoundAsAWhole() {
    String secret = "line %d of it\n".repeat(500);
    redactor.learn(List.of("--secret", secret));

    assertEquals("a <redacted> b", redactor.text("a " + secret + " b"));
  }

  @ParameterizedTest
  @ValueSource(ints = {1023, 1024, 1025, 1030, 1032, 2050})
  void secretsOfAnyLengthAreFoundToTheirEnd(int length) {
    String secret = "0123456789abcdefghijklmnopqrstuvwxyz".repeat(60).substring(0, length);
    redactor.learn(List.of("--secret", secret));

    assertEquals("a <redacted> b", redactor.text("a " + secret + " b"));
  }

  @Test
  void secretsInOtherTexts() {
    redactor.learn(List.of("--secret", "p@ss \"word\"/1"));

    assertEquals("a <redacted> b", redactor.text("a p@ss \\\"word\\\"/1 b"));
    assertEquals("a <redacted> b", redactor.text("a p%40ss%20%22word%22%2F1 b"));
  }

  @Test
  void overlappingSecrets() {
    redactor.learn(
        List.of("--secret", "ab1 cd2 ef3", "--secret", "ef3 gh4 ij5", "--secret", "cd2 ef3 gh4"));

    assertEquals("x <redacted> yy", redactor.text("x ab1 cd2 ef3 gh4 ij5 yy"));
    assertEquals("xab1 cd2 ef3", redactor.text("xab1 cd2 ef3"), "not a whole word");
  }

  /** What is a class, a file, a word is hidden where it was given, and not in frames. */
  @ParameterizedTest
  @CsvSource({
    "-Dcredential.provider=com.amazonaws.auth.DefaultAWSCredentialsProviderChain, "
        + "j  com.amazonaws.auth.DefaultAWSCredentialsProviderChain.get()V+3",
    "-Dcredential=com.amazonaws.auth.DefaultAWSCredentialsProviderChain, "
        + "j  com.amazonaws.auth.DefaultAWSCredentialsProviderChain.get()V+3",
    "-Dtoken=com/acme/TokenServiceImpl, Loading com/acme/TokenServiceImpl",
    "-Dtoken.service.class=com.acme.auth.TokenServiceImpl, "
        + "at com.acme.auth.TokenServiceImpl.run(TokenServiceImpl.java:12)",
    "-Dtoken=libjvm.so+, C [libjvm.so+0x1234]",
    "-Dtoken.issuer=libjvm.so+, C [libjvm.so+0x1234]",
    "-Dpass=Application, com.acme.Application.main",
    "-Dpass=worker-1, worker-12",
    "-Dsecret=log4j.xml, log4j.xml",
    "-Dsecret=db1.example.com:5432, db1.example.com:5432",
    "-Dsecret=/opt/App/lib/x.so, /opt/App/lib/x.so",
    "-Dpassword=libfoo.so.1.2.3, libfoo.so.1.2.3",
  })
  void framesSurvive(String argument, String text) {
    redactor.learn(List.of("java", argument, "Main"));

    assertEquals(text, redactor.text(text));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "s3cr3t.w0rd",
        "S3cr3tPassw0rd",
        "hunter22",
        "correct-horse-battery",
        "correct horse",
        "c2VjcmV0cGFzcw==",
        "9f8a7c6b5d4e/3f2a1b0c"
      })
  void whatIsNoNameIsRemembered(String secret) {
    redactor.learn(List.of("-Ddb.password=" + secret));

    assertEquals("a <redacted>, b", redactor.text("a " + secret + ", b"));
    assertEquals("u_<redacted>_1", redactor.text("u_" + secret + "_1"));
  }

  @Test
  void aLongRandomSecretIsFoundWithinWords() {
    redactor.learn(List.of("--token", "Abc123def456GHI789"));

    assertEquals("x%3D<redacted>y", redactor.text("x%3DAbc123def456GHI789y"));
  }

  @Test
  void membersOfMaps() {
    assertEquals("<redacted>", redactor.member("db.password", "x"));
    assertEquals("<redacted>", redactor.member("pass", "x"));
    assertEquals("x", redactor.member("team", "x"));
    assertEquals("a=b token=<redacted>", redactor.member("team", "a=b token=x"));
    assertEquals("/home/app", redactor.member("PWD", "/home/app"));
    assertEquals("/run/x", redactor.member("password.file", "/run/x"));
    assertNull(redactor.member("password", null));
    assertNull(redactor.text(null));
  }
}
