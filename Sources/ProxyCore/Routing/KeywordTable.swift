/// PostgreSQL's keywords as an open-addressing hash table of 1024 slots in one string, so that it needs no start-up
/// work and no memory beyond the program's own pages.
///
/// A slot is 20 bytes: the word padded with blanks to 17, its category as `pg_get_keywords()` gives it (R reserved,
/// T type or function name, C column name, U unreserved), and the two hexadecimal digits (`0`...`?`) of its
/// `Keyword`. A word lives in the first free slot at or after its hash. The words are
/// `SELECT word, catcode FROM pg_get_keywords()` of PostgreSQL 15, and PATH, which the grammar of XMLTABLE compares
/// by hand.
enum KeywordTable {
    static let slotCount = 1024
    static let slotSize = 20
    /// Chosen by trial among random odd numbers: no word is more than 3 slots away from its hash.
    static let multiplier: UInt64 = 0x850d_fc19_97af_e509

    static var slots: StaticString {
        """
        inherit          U00                    strict           U00                                        \
                                                                                                            \
                            on               R40                                                            \
        strip            U00local            U61                    nfd              U00                    \
        attribute        U00                                        range            U00asensitive       U00\
        share            U3;                                                            minute           U00\
        after            U00                                        boolean          C00nfc              U00\
        stdout           U39to               R38trim             C00until            U00                    \
                                                where            R00action           U00                    \
        immediate        U00                                        exclude          U00                    \
                                                insensitive      U00                    ilike            T00\
        real             C00                                                                                \
        connection       U00others           U00distinct         R41event            U00unlisten         U1<\
                                                                                        hold             U68\
        level            U6>                                                            unencrypted      U00\
                                                matched          U00delimiters       U00listen           U1:\
        overlaps         T00                                        binary           T6<                    \
                                                conversion       U00statistics       U00stable           U00\
        cycle            U00xmlexists        C00                    owner            U00left             T00\
        year             U00                    encrypted        U00                    asymmetric       R00\
        atomic           U75unique           R00int              C00always           U00move             U1?\
                                                                                        by               U42\
                            ordinality       U47prepared         U5<called           U00database         U00\
        temp             U5?                    limit            R00                                        \
                                                                                                            \
                            execute          U12sysid            U00cache            U00                    \
                                                lateral          R00logged           U00                    \
                            implicit         U00xmlattributes    C00select           R01                    \
        leading          R00having           R56                                                            \
                            bigint           C00                    search           U00                    \
        comments         U00                                                                                \
                            join             T4:add              U00uescape          U00row              C00\
                                                                                                            \
        new              U00                    last             U00                                        \
                                                                    notnull          T00                    \
        deallocate       U13defaults         U00return           U00set              U14                    \
        returning        R00                                        overriding       U00                    \
        version          U00                                                            case             R76\
                            column           R00                    bit              C00attach           U00\
        granted          U00nowait           U00view             U00                    reassign         U29\
        begin            U09                                                            current_user     R00\
                                                                                                            \
                            immutable        U00                    first            U4>force            U00\
        integer          C00                                        unlogged         U00                    \
                            types            U00                                        offset           R00\
                            leakproof        U00                                                            \
                            trailing         R00preceding        U00                    inner            T00\
                                                                                        transaction      U5=\
                            localtimestamp   R00                    some             R00asc              R00\
        temporary        U60                                                            collate          R58\
        scroll           U00                                                                                \
                            cost             U00unbounded        U00simple           U00rows             U00\
        read             U6?none             C00uncommitted      U00                                        \
        transform        U00as               R3>restart          U00                                        \
                            referencing      U00                                                            \
                                                input            U00access           U00document         U00\
        sets             U4?                    current_schema   T00                                        \
                            procedures       U00each             U00option           U00                    \
                                                                    committed        U00                    \
                            data             U00                                                            \
                                                                    procedure        U00grouping         C50\
        from             R37xmlserialize     C00varchar          C00collation        T00cube             U55\
        precision        C00                                                                                \
        generated        U00yes              U00                    statement        U00                    \
        rule             U00load             U33at               U00                                        \
                                                                    nothing          U00                    \
                                                assertion        U00xmltable         C49                    \
        include          U00work             U5>                    float            C00                    \
        value            U00                                                            commit           U0;\
        overlay          C00                    deferrable       R74filter           U00xmlnamespaces    C00\
                                                cascaded         U00next             U4=foreign          R00\
        publication      U00                    do               R34validate         U00procedural       U00\
                                                comment          U27                                        \
                            alter            U23cross            T00current_timestampR00decimal          C00\
        drop             U22import           U31                    sequence         U00session_user     R00\
                                                insert           U05                    revoke           U26\
                                                values           C04location         U00                    \
                            outer            T00                    default          R00ref              U00\
        reset            U15                    maxvalue         U00                                        \
                                                                                                            \
                                                definer          U00preserve         U00backward         U00\
                            then             R00partition        U45savepoint        U0?wrapper          U00\
                                                                                                            \
                                                full             T00parameter        U00fetch            R1>\
        views            U00expression       U00                                                            \
                                                is               T00functions        U00method           U00\
        encoding         U00without          U00whitespace       U00restrict         U00                    \
        show             U17freeze           T00                                                            \
        time             C4<                                                                                \
                                                                                                            \
        stored           U00program          U00                                                            \
        close            U20                    handler          U00greatest         C00false            R00\
                                                exists           C00                                        \
        char             C00if               U00xmlroot          C00                                        \
                                                                                        snapshot         U00\
                                                                    all              R5;                    \
                                                                                        window           R57\
                            release          U10                    csv              U00                    \
                                                                    or               R78                    \
        xmlelement       C00minvalue         U00cast             R00                                        \
                            constraint       R00                                                            \
        relative         U00                                                                                \
                            symmetric        R00union            R00                                        \
        password         U00call             U35                    name             U00off              U00\
                                                                    privileges       U00                    \
                                                national         C00                    stdin            U00\
        within           U00excluding        U00                    domain           U00                    \
        system           U00                                                                                \
                                                continue         U00admin            U00constraints      U67\
        check            R00                                        increment        U00depends          U00\
        partial          U00unknown          U00true             R00                    update           U06\
                                                                                        between          C00\
        current_date     R00no               U3<setof            C00invoker          U00only             R71\
                            interval         C53intersect        R00object           U00security         U28\
                                                                    materialized     U00                    \
                            concurrently     T00                                        extension        U00\
        null             R00current_time     R00xmlparse         C00aggregate        U00natural          T00\
        key              U3=schemas          U00of               U00delimiter        U00xmlconcat        C00\
                            numeric          C00                                        double           U00\
        parallel         U00                                                                                \
                                                identity         U00                    locked           U00\
                                                right            T00path             U00replace          U77\
        absolute         U00                                        conflict         U00                    \
        validator        U00                                        catalog          U00                    \
        subscription     U00session          U63                    breadth          U00nfkc             U00\
                                                varying          U51                                        \
        normalize        C00current_role     R00                    hour             U00                    \
                                                                                                            \
                            for              R3:                                        before           U00\
        authorization    T65following        U00serializable     U72                                        \
                                                                                                            \
                                                                                        recheck          U00\
        current          U00trigger          U00                    discard          U16over             U00\
                                                                    character        C00assignment       U00\
        recursive        U46                                                            except           R00\
        inline           U00                                                            language         U00\
                                                escape           U00label            U00                    \
        with             R02                                        references       R00                    \
                                                                                        detach           U00\
                                                                                                            \
                                                abort            U0>                                        \
                                                                                        notify           U1;\
                                                                    instead          U00mapping          U00\
        and              R59analyze          R2>merge            U08month            U00                    \
        enum             U00                                        treat            C00                    \
                            nfkd             U00                                                            \
                                                array            R00both             R00day              U00\
        prepare          U11sql              U00                    refresh          U2:                    \
        desc             R00                    names            U00                    compression      U00\
                                                                    coalesce         C00                    \
                            role             U64                    similar          T00                    \
        deferred         U00                    valid            U00                                        \
                                                table            R03                    also             U00\
        truncate         U24variadic         R00                                                            \
        ties             U00not              R3?template         U00                    owned            U00\
        replica          U00routines         U00                                                            \
        external         U00delete           U07parser           U00                                        \
                                                                                                            \
                            checkpoint       U30                                                            \
                            end              R0<isnull           T00using            R00rollback         U0=\
        dec              C00prior            U00second           U52nulls            U00                    \
        tables           U00                                                            rename           U00\
                                                inherits         U00                                        \
        copy             U19trusted          U00                    disable          U00including        U00\
        inout            C00oids             U00returns          U00volatile         U00                    \
                                                                                                            \
                            initially        R00localtime        R00smallint         C00columns          U00\
        plans            U69                    rollup           U54                    primary          R00\
                                                                                                            \
        else             R00                                                            match            U00\
        forward          U00text             U00                                                            \
                                                                    timestamp        C00characteristics  U66\
        content          U00normalized       U00server           U00                    isolation        U6=\
        xml              U00                    support          U00                                        \
                                                                    out              C00                    \
                                                                    start            U0:                    \
        group            R43zone             U4;                    enable           U00storage          U00\
        position         C00old              U00any              R00function         U00placing          R00\
                                                global           U62                                        \
                                                finalize         U00                                        \
        passing          U00least            C00                                                            \
                                                                                        mode             U00\
                            analyse          R2?extract          C00standalone       U00in               R00\
                            exclusive        U00vacuum           U2=                    xmlpi            C00\
                                                                    groups           U00                    \
                                                                                                            \
        options          U00cluster          U2<configuration    U00cursor           U00create           R21\
                                                sequences        U6:nullif           C00                    \
        nchar            C00                                                                                \
                                                                                                            \
        header           U00                                        depth            U00quote            U00\
        xmlforest        C00explain          U18like             T00index            U00reindex          U2;\
                                                                                                            \
        grant            R25family           U00schema           U00verbose          T6;                    \
                                                                                        repeatable       U73\
                            cascade          U00                    substring        C00when             R00\
        policy           U00                                                                                \
        large            U00routine          U00                                                            \
                            dictionary       U00                    order            R44chain            U5:\
        user             R00indexes          U00                                                            \
                                                write            U70declare          U1=skip             U00\
                                                lock             U32tablesample      T00                    \
        tablespace       U00                                                                                \
                            class            U00current_catalog  R00                                        \
                            type             U00into             R36operator         U48
        """
    }
}
